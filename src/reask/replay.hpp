#pragma once
// Stored answers scored again: what an item is worth follows from its own answer and the task's data, without
// the model. Knows nothing of stores.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluate/items.hpp"
#include "evaluate/prompts.hpp"
#include "record/record.hpp"

namespace bantam::reask {

// One task with its data.
class Replay {
 public:
  // `task` must outlive this. The errors of its data and of its metrics.
  static base::Result<Replay> make(const task::Task& task);

  // What is wrong with the item's scores, such as "acc is 1, its answer gives 0". Absent where they cannot be
  // told from it: it holds a hash, no answer, or that of a classification head. The errors of templates.
  base::Result<std::optional<std::vector<std::string>>> wrong_scores(const record::Item& item) const;

 private:
  Replay(evaluate::Prompter prompter, evaluate::ItemScorer scorer)
      : prompter_(std::move(prompter)), scorer_(std::move(scorer)) {}

  base::Result<std::optional<record::Item>> scored_again(const record::Item& item) const;

  evaluate::Prompter prompter_;
  evaluate::ItemScorer scorer_;
};

}  // namespace bantam::reask
