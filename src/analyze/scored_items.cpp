#include "analyze/scored_items.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "plan/plan.hpp"

namespace bantam::analyze {

std::string ItemCount::text() const {
  return is_part() ? fmt::format("{} of {} items", scored, *all) : fmt::format("{} items", scored);
}

std::optional<ItemCount> item_count(const record::Record& record) {
  ItemCount count{0, 0};
  const auto tasks = record::tasks(record);
  for (const record::TaskFacts& task : tasks) {
    if (task.items <= 0) return std::nullopt;
    count.scored += task.items;
    if (!task.rows) count.all.reset();
    if (count.all) *count.all += *task.rows;
  }
  if (tasks.empty()) return std::nullopt;
  return count;
}

std::int64_t shots(const record::Record& record, const record::TaskFacts& task) {
  const auto accuracy = plan::cell_settings_from(record.settings).accuracy;
  std::optional<int> own;  // a record has 0 for a file that gives none, too
  if (task.num_fewshot > 0 || base::integer_at(task.config, "num_fewshot"))
    own = static_cast<int>(task.num_fewshot);
  return plan::num_fewshot(accuracy ? accuracy->num_fewshot : std::nullopt, own);
}

std::optional<std::int64_t> told_shots(const record::Record& record, const record::TaskFacts& task) {
  const base::Json& accuracy = base::child_at(record.settings, "accuracy");
  const base::Json& versions = base::child_at(accuracy, "task_versions");
  const bool is_told = task.num_fewshot > 0 || base::integer_at(accuracy, "num_fewshot") ||
                       base::integer_at(base::child_at(versions, task.name.c_str()), "num_fewshot");
  if (record::is_imported(record) && !is_told) return std::nullopt;
  return shots(record, task);
}

}  // namespace bantam::analyze
