#include "evaluate/classify.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/hash.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/prompts.hpp"
#include "prompt/python_literal.hpp"
#include "score/choices.hpp"
#include "score/python_text.hpp"
#include "task/documents.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::fail;
using base::Json;
using base::Result;
using engine::Token;

std::string folded(const std::string& text) {
  return score::lower(score::strip(text));
}

bool are_placeholders(const std::vector<std::string>& labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (folded(labels[i]) != fmt::format("label_{}", i)) return false;
  }
  return true;
}

// log(exp(x_i) / sum exp(x)), over the logits of the choices.
std::vector<double> log_softmax(const std::vector<double>& logits) {
  const double most = *std::max_element(logits.begin(), logits.end());
  double sum = 0.0;
  for (const double logit : logits) sum += std::exp(logit - most);
  std::vector<double> logs;
  for (const double logit : logits) logs.push_back(logit - most - std::log(sum));
  return logs;
}

struct Text {
  std::string text;
  std::vector<Token> tokens;
  bool truncated = false;
};

// One task on a classifier.
class ClassifierRun {
 public:
  static Result<ClassifierRun> make(engine::Classifier& classifier, const task::Task& task,
                                    const task::Settings& settings) {
    TRY(check_classifies(task));
    task::Settings plain = settings;
    plain.num_fewshot = 0;
    TRY_ASSIGN(Prompter prompter, Prompter::make(task, plain));
    TRY_ASSIGN(task::Field text, task::Field::make(task.classifier_text));
    return ClassifierRun(classifier, task, std::move(prompter), std::move(text));
  }

  std::vector<std::int64_t> selected() const { return prompter_.selected(); }

  Result<std::vector<record::Item>> batch(std::span<const std::int64_t> doc_ids) {
    std::vector<record::Item> items;
    for (const std::int64_t doc_id : doc_ids) {
      auto item = scored_item(doc_id);
      if (!item) {
        item.error().message =
            fmt::format("task '{}', item {}: {}", task_->name, doc_id, item.error().message);
        return tl::unexpected(item.error());
      }
      items.push_back(*std::move(item));
    }
    return items;
  }

 private:
  ClassifierRun(engine::Classifier& classifier, const task::Task& task, Prompter prompter, task::Field text)
      : classifier_(&classifier), task_(&task), prompter_(std::move(prompter)), text_(std::move(text)) {}

  // Each text is computed alone, so that an item's bits do not depend on its neighbours.
  Result<record::Item> scored_item(std::int64_t doc_id) {
    TRY_ASSIGN(const Prompt prompt, prompter_.prompt(doc_id));
    TRY_ASSIGN(const auto labels, labels_of_choices(classifier_->labels(), prompt.choices));
    TRY_ASSIGN(const Text text, text_of_row(prompt.doc));
    TRY_ASSIGN(const auto logits, classifier_->classify(std::vector<std::vector<Token>>{text.tokens}));
    std::vector<double> of_choices;
    for (const std::size_t label : labels) of_choices.push_back(double{logits.front()[label]});
    return scored(prompt, text, log_softmax(of_choices));
  }

  Result<Text> text_of_row(const Json& row) {
    TRY_ASSIGN(const task::Field::Value value, text_.of(row));
    Text text{prompt::python_str(value.value), {}, false};
    TRY_ASSIGN(text.tokens, classifier_->tokenize(text.text));
    text.truncated = cut_sequence(text.tokens, classifier_->properties().request_tokens);
    return text;
  }

  record::Item scored(const Prompt& prompt, const Text& text, const std::vector<double>& logs) const {
    const std::size_t predicted = score::arg_max(logs);
    record::Item item;
    item.task = task_->name;
    item.doc_id = prompt.doc_id;
    item.content = {{"doc_id", prompt.doc_id},
                    {"target", prompt.target},
                    {"doc_hash", base::sha256(base::to_text(prompt.doc, 2))},
                    {"prompt_hash", base::sha256(text.text)},
                    {"target_hash", base::sha256(prompt::python_str(prompt.target))},
                    {"truncated", text.truncated},
                    {"classified", true},
                    {"context", text.text},
                    {"context_tokens", text.tokens.size()},
                    {"continuations", prompt.choices},
                    {"log_likelihoods", logs},
                    {"predicted", predicted}};
    item.content["gold"] = prompt.gold.size() == 1 ? Json(prompt.gold.front()) : Json(prompt.gold);
    const metric::Choices choices{.log_likelihoods = logs,
                                  .unconditional = {},
                                  .is_greedy = {},
                                  .gold = prompt.gold,
                                  .predictions = {.plain = predicted},
                                  .by_classifier = true};
    for (const task::MetricSpec& spec : task_->metrics) {
      const auto& reading = spec.metric->of_choices;
      if (!reading || reading->value == nullptr || spec.metric->needs_texts) continue;
      if (const auto value = reading->value(choices)) item.metrics[spec.name()] = *value;
    }
    return item;
  }

  engine::Classifier* classifier_;
  const task::Task* task_;
  Prompter prompter_;
  task::Field text_;
};

base::Status classify_task(ClassifierRun run, const task::Task& task, const task::Settings& settings,
                           const record::DoneItems& done, Sink& sink) {
  const std::vector<std::int64_t> selected = run.selected();
  TRY(sink.on_plan(task.name, static_cast<std::int64_t>(selected.size())));
  const auto batch_size = static_cast<std::size_t>(std::max(settings.batch_size, 1));
  for (std::size_t begin = 0; begin < selected.size(); begin += batch_size) {
    const std::span batch = std::span(selected).subspan(begin, std::min(batch_size, selected.size() - begin));
    const auto is_done = [&](std::int64_t doc_id) { return done.contains({task.name, doc_id}); };
    if (std::all_of(batch.begin(), batch.end(), is_done)) continue;
    TRY_ASSIGN(auto items, run.batch(batch));
    TRY(sink.on_items(std::move(items)));
  }
  return {};
}

}  // namespace

Result<std::vector<std::size_t>> labels_of_choices(const std::vector<std::string>& labels,
                                                   const std::vector<std::string>& choices) {
  std::vector<std::size_t> positions;
  if (are_placeholders(labels) && labels.size() == choices.size()) {
    for (std::size_t i = 0; i < choices.size(); ++i) positions.push_back(i);
    return positions;
  }
  for (const std::string& choice : choices) {
    const auto same = [&](const std::string& label) { return folded(label) == folded(choice); };
    const auto found = std::find_if(labels.begin(), labels.end(), same);
    if (found == labels.end()) {
      return fail(ErrorKind::bad_input,
                  fmt::format("choice '{}' is none of the model's labels ({}); the task's choices are {}",
                              choice, fmt::join(labels, ", "), fmt::join(choices, ", ")),
                  "give the task choices that are spelled like the model's labels");
    }
    positions.push_back(static_cast<std::size_t>(found - labels.begin()));
  }
  return positions;
}

base::Status check_classifies(const task::Task& task) {
  if (task.code) {
    return fail(
        ErrorKind::bad_input,
        fmt::format(
            "task '{}' needs Python code: an encoder with a classification head is not asked such tasks",
            task.name),
        "take a task that is templates only");
  }
  if (task.output_type == task::OutputType::multiple_choice) return {};
  return fail(
      ErrorKind::bad_input,
      fmt::format("task '{}' is of type {}: an encoder with a classification head chooses among given "
                  "answers and writes no text",
                  task.name, metric::name(task.output_type)),
      "take a task of type multiple_choice");
}

base::Status classify(engine::Classifier& classifier, const std::vector<task::Task>& tasks,
                      const task::Settings& settings, const record::DoneItems& done, Sink& sink) {
  for (const task::Task& task : tasks) {
    TRY_ASSIGN(ClassifierRun run, ClassifierRun::make(classifier, task, settings));
    TRY(classify_task(std::move(run), task, settings, done, sink));
  }
  return {};
}

}  // namespace bantam::evaluate
