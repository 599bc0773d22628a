#pragma once
// What an evaluation may be told beside its tasks.

#include <cstdint>
#include <optional>
#include <string>

namespace bantam::evaluate {

// A part of a task's subset, as shares of it: the rows behind the first `begin` and up to `end`.
struct Stage {
  double begin = 0.0;
  double end = 1.0;
};

struct Settings {
  std::optional<double> limit;     // items a task: a count (>= 1) or a fraction (< 1); absent: all
  std::optional<int> num_fewshot;  // absent: the task's own; a task whose file says 0 keeps 0, as in lm-eval
  Stage stage;                     // evaluated now; the other rows belong to other runs
  int batch_size = 16;             // items handed to the engine at once
  bool own_kernels = false;        // score with Engine::use_own_kernels(), after a check
  std::uint64_t seed = 1234;       // of the few-shot choice and of the subset
  bool apply_chat_template = false;
  std::string chat_template;         // the name of one of the model's templates; empty: its default
  bool fewshot_as_multiturn = true;  // with a template: examples as turns, not all in one turn of the user
  std::string system_instruction;
  std::string think_end_token = "auto";  // evaluate/answers.hpp: think_tags()
  int keep_tokens = 0;  // this many of each input's first tokens go into the item, to be looked at
  // Tokens that a request may have; absent: as many as the model was trained for and the engine can hold.
  // What is longer loses its start.
  std::optional<int> max_length;
};

}  // namespace bantam::evaluate
