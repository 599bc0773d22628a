#pragma once
// The items that code of a task scores. For the files of this room that run such code.

#include <algorithm>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// In an item's content: by metric key what code gives it that is no number. There as soon as code has scored
// it.
inline constexpr const char* kCodeValues = "code_values";

// Those of the task that have an answer, by doc_id.
inline std::vector<const record::Item*> answered_items(const task::Task& task,
                                                       const std::vector<record::Item>& items) {
  std::vector<const record::Item*> own;
  for (const record::Item& item : items) {
    const bool incomplete = base::bool_at(item.content, "incomplete").value_or(false);
    if (item.task == task.name && !incomplete && !item.content.contains("failed")) own.push_back(&item);
  }
  std::ranges::sort(own, {}, [](const record::Item* item) { return item->doc_id; });
  return own;
}

}  // namespace bantam::evaluate
