#pragma once
// Runs multiple-choice tasks on a model with a classification head: the model's labels stand for the task's
// choices. Knows nothing of stores or processes.
//
// What the classifier reads is the task's `metadata: {classifier_text: ...}`, a column's name or a template;
// without it the task's own doc_to_text. It sees no examples, description or choices. An item's
// log-likelihoods are the log-softmax of the logits over the choices' labels, so that it is scored and stored
// like any other.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "evaluate/ask.hpp"
#include "task/subset.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// For each choice the position of its label: the one that is spelled like it, case and surrounding white
// space aside; or, where the file has the placeholders LABEL_0, LABEL_1, ... and as many as there are
// choices, the one at its place. bad_input, naming both lists, otherwise.
base::Result<std::vector<std::size_t>> labels_of_choices(const std::vector<std::string>& labels,
                                                         const std::vector<std::string>& choices);

// bad_input for a task that is not of type multiple_choice.
base::Status check_classifies(const task::Task& task);

// The order of items, what is skipped, and the errors are those of evaluate(); also those of the two above.
// Texts that are longer than the model takes lose their end, as classifiers are trained.
base::Status classify(engine::Classifier& classifier, const std::vector<task::Task>& tasks,
                      const task::Settings& settings, const record::DoneItems& done, Sink& sink);

}  // namespace bantam::evaluate
