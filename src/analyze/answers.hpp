#pragma once
// What the models of an analysis wrote, prompt by prompt: one answer per model and precision, and how like it
// is to the base's. Knows nothing of how it is shown.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "analyze/scores.hpp"
#include "base/result.hpp"

namespace bantam::analyze {

struct Answer {
  std::string model;
  std::string precision;
  std::string text;
  std::optional<std::string> finish;  // "stop", "length"
  std::optional<bool> same;  // as the base's answer; absent for the base, and where the base has none
  std::optional<double> equal_tokens;  // before the first that differs from the base's; similarity only
  std::optional<double> cosine;        // to the base's; similarity with an embedding model only
};

struct PromptAnswers {
  std::string task;
  std::int64_t doc_id = 0;
  std::string prompt;
  std::vector<Answer> answers;  // in the order of the configurations
};

// Of the task similarity and of every task that lets the model write; by task, similarity first, and by
// number of the prompt. The base is that of find_impacts(); similarity has compared with its own. `items`
// with their content.
base::Result<std::vector<PromptAnswers>> find_answers(const std::vector<Configuration>& configurations,
                                                      const std::string& base_precision,
                                                      const ItemSource& items);

}  // namespace bantam::analyze
