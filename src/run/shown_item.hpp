#pragma once
// One item as a run would ask it: its prompt, its choices and right answer, and the token ids that a model
// gets.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluate/prompts.hpp"
#include "task/subset.hpp"
#include "task/task.hpp"

namespace bantam::run {

struct ItemRequest {
  std::string task;                                  // that of one task; a group is refused
  std::vector<std::filesystem::path> include_paths;  // further task files
  bool allow_task_code = false;                      // runs Python functions that the task's file names
  std::int64_t doc = 0;                              // which item, from 0
  std::string model;                                 // its reference; empty: no token ids
  task::Settings settings;                           // a chat template needs a model
};

// What is asked of a model for one item, and its token ids where a model is named.
struct ShownItem {
  task::Task task;
  evaluate::Prompt prompt;
  std::size_t docs = 0;  // items of the task
  int shots = 0;
  std::vector<std::string> contexts;
  std::vector<std::vector<std::int32_t>> context_tokens;       // one per context; empty without a model
  std::vector<std::vector<std::int32_t>> continuation_tokens;  // one per continuation; empty without a model
};

// usage for a name that no single task has, an item that is not there, and a model without a tokenizer;
// bad_input for data and templates that cannot be used, and the errors of finding the model.
base::Result<ShownItem> look_at_item(const ItemRequest& request);

}  // namespace bantam::run
