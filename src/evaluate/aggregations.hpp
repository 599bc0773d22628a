#pragma once
// How sure a score of many items is that is no mean of theirs: it is computed again on items drawn with
// replacement, the same ones that lm-evaluation-harness draws. Knows nothing of tasks or items.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/record.hpp"
#include "stats/interval.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

struct Spread {
  double std_error = 0.0;    // sample standard deviation of the resampled scores
  stats::Interval interval;  // their 2.5 % and 97.5 % quantiles
};

// The score of the items at these positions; absent where it is not defined for them.
using ScoreOf = std::function<std::optional<double>(std::span<const std::size_t>)>;

// Chunk i of `chunk` resamples comes from Python's random.Random(i).choices(items, k=n), as in lm-eval's
// bootstrap_stderr. Absent for fewer than two items, and when fewer than two resamples have a score.
std::optional<Spread> bootstrap(std::size_t items, std::size_t chunks, std::size_t chunk,
                                const ScoreOf& score);

// lm-eval's number of chunks of 1,000 resamples is 100. With more than 80 items it is fewer here, at least
// one, so that the work is bounded: 1,000 resamples give the error itself a relative error of
// 1 / sqrt(2 * 1000) = 2.2 %.
std::size_t bootstrap_chunks(std::size_t items);

// From what the items of a task hold to one number for all of them: the aggregations that a task file can
// name. Pure functions. Knows nothing of groups.

using ItemList = std::vector<const record::Item*>;

// The metric over all `items`, whose own values stand under `key`. Absent: no items, or not finite on them.
std::optional<record::Value> aggregated(const task::MetricSpec& metric, const std::string& key,
                                        const ItemList& items);

// The 95 % Wilson interval of a share.
record::Interval wilson_of(std::int64_t successes, std::int64_t n);

}  // namespace bantam::evaluate
