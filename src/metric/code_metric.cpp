#include "metric/code_metric.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace bantam::metric {

namespace aggregations {
constinit const Aggregation python{.name = "python", .kind = Aggregation::Kind::none};
}

const TaskMetric& code_metric(std::string_view name) {
  if (const TaskMetric* known = find_task_metric(name)) return *known;
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<TaskMetric>, std::less<>> made;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = made.try_emplace(std::string(name));
  if (is_new)
    entry->second = std::make_unique<TaskMetric>(
        TaskMetric{.row = {.name = entry->first, .group = MetricGroup::accuracy}});
  return *entry->second;
}

const Metric& shown_score(std::string_view key) {
  const Metric* known = find_metric(key);
  return known != nullptr ? *known : code_metric(base_name(key)).row;
}

}  // namespace bantam::metric
