#pragma once
// Runs tasks on an engine, batch by batch, and hands every finished batch on at once. Knows nothing of
// stores, processes or progress bars.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "evaluate/prompts.hpp"
#include "evaluate/scoring.hpp"
#include "record/record.hpp"
#include "task/subset.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// In the content of a written answer, where it is asked for (task::Settings::keep_gaps): the smallest
// difference of the two best logits on the way, before any of its tokens.
inline constexpr const char* kGap = "gap";

class Sink {
 public:
  virtual ~Sink() = default;
  // Before a task's first batch: how many of its items are evaluated, done ones included.
  virtual base::Status on_plan(const std::string& task, std::int64_t items) = 0;
  // One finished batch. An error ends the evaluation and is what evaluate() returns (interrupted, to stop
  // it).
  virtual base::Status on_items(std::vector<record::Item> items) = 0;
  // At the end, when choices or continuations were scored in this process.
  virtual void on_scoring(const ScoringFacts& /*facts*/) {}
};

// One per task, in their order, with all their rows; the tasks must outlive them. The errors of data files.
base::Result<std::vector<Prompter>> make_prompters(const std::vector<task::Task>& tasks,
                                                   const task::Settings& settings);

// `prompters`: made with the same settings, the batch size aside.
//
// Batches are made from task and settings alone: one whose items are all `done` is skipped, any other is
// computed as a whole, so that a resumed run computes the same bits. Items come task by task; those with
// scored continuations in the order of their tokens (scoring.hpp), others in order of doc_id. The errors of
// the engine and of templates.
base::Status evaluate(engine::Engine& engine, std::vector<Prompter> prompters, const task::Settings& settings,
                      const record::DoneItems& done, Sink& sink);

// The chat template that the settings ask for; empty when they ask for none. bad_input when the model does
// not have it.
base::Result<std::string> chosen_chat_template(const engine::Properties& model,
                                               const task::Settings& settings);

// The longest input in tokens, and the most tokens that one request can generate, over all items of the
// prompters' tasks; an upper bound from text lengths (no token is shorter than a byte), to open an engine
// that is large enough.
struct Requirement {
  std::int64_t input_tokens = 0;
  std::int64_t new_tokens = 0;
};
// `chat_template`: what chosen_chat_template() gives. The errors of templates.
base::Result<Requirement> required_tokens(const std::vector<Prompter>& prompters,
                                          const task::Settings& settings, const std::string& chat_template);

}  // namespace bantam::evaluate
