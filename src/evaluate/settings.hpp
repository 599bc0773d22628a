#pragma once
// What an evaluation may be told beside its tasks.

#include <cstdint>
#include <optional>
#include <string>

namespace bantam::evaluate {

struct Settings {
  std::optional<double> limit;     // items a task: a count (>= 1) or a fraction (< 1); absent: all
  std::optional<int> num_fewshot;  // absent: the task's own; a task whose file says 0 keeps 0, as in lm-eval
  int batch_size = 16;             // items handed to the engine at once
  std::uint64_t seed = 1234;       // of the few-shot choice and of the subset
  bool apply_chat_template = false;  // examples as turns of the conversation
  std::string system_instruction;
  // Tokens that a request may have; absent: as many as the model was trained for and the engine can hold.
  // What is longer loses its start.
  std::optional<int> max_length;
};

}  // namespace bantam::evaluate
