#pragma once
// How the items of a task add up to one score, with its standard error and interval as lm-evaluation-harness
// gives them. Pure functions. Knows nothing of tasks or groups.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "record/record.hpp"
#include "stats/interval.hpp"

namespace bantam::metric {

using ItemList = std::vector<const record::Item*>;

// The score of the items at these positions, which may stand there more than once; absent where it is not
// defined for them.
using ScoreOf = std::function<std::optional<double>(std::span<const std::size_t>)>;

// An aggregation as a task file names it.
struct Aggregation {
  enum class Kind {
    mean,               // of the items' own values; has an error of its own
    resampled,          // any other score: its error is bootstrapped
    resampled_shortly,  // a score that takes long: lm-eval draws 100 times for it
    none,               // never a score
  };
  std::string_view name;
  Kind kind = Kind::resampled;
  // Set for the resampled kinds: reads once what the score is made of from the items, whose own values stand
  // under `key`, so that many scores of items drawn cost little. Empty when an item lacks it.
  ScoreOf (*scorer)(const ItemList& items, const std::string& key) = nullptr;
  std::string_view also_called = {};  // another name that a task file may use for it
};

// By a function of the values of the items drawn.
template <typename Value, typename Score>
ScoreOf score_of_drawn(std::vector<Value> values, Score score) {
  return [values = std::move(values), score = std::move(score),
          drawn = std::vector<Value>()](std::span<const std::size_t> positions) mutable {
    drawn.clear();
    for (const std::size_t position : positions) drawn.push_back(values[position]);
    return std::optional<double>(score(drawn));
  };
}

namespace aggregations {
extern const Aggregation mean, nanmean, median, bypass;
inline constexpr const Aggregation* kMeans[] = {&mean, &nanmean, &median};
inline constexpr const Aggregation* kNanMeans[] = {&nanmean, &mean, &median};
inline constexpr const Aggregation* kBypass[] = {&bypass};
}  // namespace aggregations

// The score of all `items`. Absent: no items, not finite, or not defined on them.
std::optional<record::Value> aggregated(const Aggregation& aggregation, const std::string& key,
                                        const ItemList& items);

// The item's counts under `key`, in content["statistics"]; null where it has none.
const base::Json& item_statistics(const record::Item& item, const std::string& key);

// The 95 % Wilson interval of a share.
record::Interval wilson_interval(std::int64_t successes, std::int64_t n);

// A score's spread over items drawn with replacement, the same ones that lm-eval draws.
struct Spread {
  double std_error = 0.0;    // sample standard deviation of the resampled scores
  stats::Interval interval;  // their 2.5 % and 97.5 % quantiles
};

// Chunk i of `chunk` resamples comes from Python's random.Random(i).choices(items, k=n), as in lm-eval's
// bootstrap_stderr. Absent for fewer than two items, and when fewer than two resamples have a score.
std::optional<Spread> bootstrap(std::size_t items, std::size_t chunks, std::size_t chunk,
                                const ScoreOf& score);

// lm-eval's number of chunks of 1,000 resamples is 100. With more than 80 items it is fewer here, at least
// one, so that the work is bounded: 1,000 resamples give the error itself a relative error of
// 1 / sqrt(2 * 1000) = 2.2 %.
std::size_t bootstrap_chunks(std::size_t items);

}  // namespace bantam::metric
