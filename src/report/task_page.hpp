#pragma once
// What `bantam tasks show` shows. Prints nothing.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "evaluate/prompts.hpp"
#include "table/render.hpp"
#include "task/task.hpp"

namespace bantam::report {

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

// As JSON, else as text: there is no other form of it.
std::string task_page(const ShownItem& shown, table::Format format);

}  // namespace bantam::report
