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

}  // namespace bantam::analyze
