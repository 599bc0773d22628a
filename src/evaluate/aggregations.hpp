#pragma once
// From what the items of a task hold to one number for all of them: the aggregations that a task file can
// name. Pure functions. Knows nothing of groups.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/task.hpp"
#include "record/record.hpp"

namespace bantam::evaluate {

using ItemList = std::vector<const record::Item*>;

// The metric over all `items`, whose own values stand under `key`. Absent: no items, or not finite on them.
std::optional<record::Value> aggregated(const MetricSpec& metric, const std::string& key,
                                        const ItemList& items);

// The 95 % Wilson interval of a share.
record::Interval wilson_of(std::int64_t successes, std::int64_t n);

}  // namespace bantam::evaluate
