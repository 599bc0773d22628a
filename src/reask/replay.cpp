#include "reask/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "metric/task_metric.hpp"

namespace bantam::reask {
namespace {

using base::Json;
using base::Result;
using evaluate::Prompt;
using record::Item;

constexpr double kSameScore = 1e-9;

// Log-likelihoods with what is said of their texts. Absent where one is no number.
std::optional<std::vector<engine::Score>> scores_at(const Json& content, const char* sums,
                                                    const char* greedy) {
  std::vector<engine::Score> scores;
  const Json& values = base::child_at(content, sums);
  const Json& flags = base::child_at(content, greedy);
  if (!values.is_array() || !flags.is_array() || values.size() != flags.size()) return std::nullopt;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_number() || !flags[i].is_boolean()) return std::nullopt;
    scores.push_back({values[i].get<double>(), flags[i].get<bool>()});
  }
  return scores;
}

std::optional<Item> of_choices(const evaluate::ItemScorer& scorer, const Prompt& prompt, const Item& item) {
  auto scores = scores_at(item.content, "log_likelihoods", "is_greedy");
  if (!scores || scores->size() != prompt.continuations.size()) return std::nullopt;
  if (prompt.unconditional) {
    const auto more = scores_at(item.content, "unconditional_log_likelihoods", "unconditional_is_greedy");
    if (!more || more->size() != scores->size()) return std::nullopt;
    scores->insert(scores->end(), more->begin(), more->end());
  }
  const std::vector<evaluate::EncodedPair> pairs(scores->size());
  return scorer.from_scores(prompt, pairs, *scores);
}

std::optional<Item> of_document(const evaluate::ItemScorer& scorer, const Prompt& prompt, const Item& item) {
  const auto sum = base::number_at(item.content, "log_likelihood");
  if (!sum) return std::nullopt;
  const std::vector<engine::Score> scores{{*sum, false}};
  return scorer.from_windows(prompt, {}, scores);
}

Result<std::optional<Item>> of_answer(const evaluate::ItemScorer& scorer, const Prompt& prompt,
                                      const Item& item) {
  const Json& answers = base::child_at(item.content, "resps");
  if (!answers.is_array() || answers.empty() || !std::ranges::all_of(answers, &Json::is_string))
    return std::nullopt;
  std::vector<evaluate::Answer> given;
  for (const Json& text : answers) {
    evaluate::Answer& answer = given.emplace_back();
    answer.text = text.get<std::string>();
    answer.incomplete = base::bool_at(item.content, "incomplete").value_or(false);
  }
  const std::vector<engine::Generation> generations(given.size());
  TRY_ASSIGN(Item again, scorer.from_generations(prompt, {}, generations, given));
  return again;
}

bool is_told_by_answer(const Json& content, task::OutputType type) {
  // Patterns of written answers that ran out of time may not do so again.
  const bool gave_up = type == task::OutputType::generate_until && content.contains("gave_up");
  return content.is_object() && !content.contains("failed") && !gave_up &&
         !base::bool_at(content, "classified").value_or(false);
}

}  // namespace

Result<Replay> Replay::make(const task::Task& task) {
  task::Settings without_examples;  // scores do not depend on them
  without_examples.num_fewshot = 0;
  TRY_ASSIGN(auto prompter, evaluate::Prompter::make(task, without_examples));
  TRY_ASSIGN(auto scorer, evaluate::ItemScorer::make(task));
  return Replay(std::move(prompter), std::move(scorer));
}

bool Replay::has_row(const Item& item) const {
  return item.doc_id >= 0 && item.doc_id < static_cast<std::int64_t>(prompter_.docs());
}

Result<bool> Replay::is_of_other_row(const Item& item) const {
  const auto row = base::string_at(item.content, "doc_hash");
  const auto target = base::string_at(item.content, "target_hash");
  if (!is_told_by_answer(item.content, prompter_.task().output_type) || !has_row(item) || (!row && !target))
    return false;
  TRY_ASSIGN(const Prompt prompt, prompter_.prompt(item.doc_id));
  const Item here = scorer_.failed(prompt, "");  // with its hashes
  return (row && row != base::string_at(here.content, "doc_hash")) ||
         (target && target != base::string_at(here.content, "target_hash"));
}

Result<std::optional<Item>> Replay::scored_again(const Item& item) const {
  if (!is_told_by_answer(item.content, prompter_.task().output_type) || !has_row(item)) return std::nullopt;
  TRY_ASSIGN(const Prompt prompt, prompter_.prompt(item.doc_id));
  switch (prompter_.task().output_type) {
    case task::OutputType::multiple_choice:
    case task::OutputType::loglikelihood:
      return of_choices(scorer_, prompt, item);
    case task::OutputType::loglikelihood_rolling:
      return of_document(scorer_, prompt, item);
    case task::OutputType::generate_until:
      break;
  }
  return of_answer(scorer_, prompt, item);
}

Result<std::optional<std::vector<std::string>>> Replay::wrong_scores(const Item& item) const {
  TRY_ASSIGN(const std::optional<Item> again, scored_again(item));
  if (!again) return std::nullopt;
  std::vector<std::string> wrong;
  for (const auto& [key, value] : again->metrics) {
    const auto found = item.metrics.find(key);
    if (found == item.metrics.end()) {
      wrong.push_back(fmt::format("it has no {}, its answer gives {:.6g}", key, value));
    } else if (!(std::abs(found->second - value) <= kSameScore * std::max(1.0, std::abs(value)))) {
      wrong.push_back(fmt::format("{} is {:.6g}, its answer gives {:.6g}", key, found->second, value));
    }
  }
  for (const auto& [key, value] : item.metrics) {
    const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
    const bool is_of_encoder = metric != nullptr && metric->needs_encoder();
    if (!is_of_encoder && !again->metrics.contains(key))
      wrong.push_back(fmt::format("{} is {:.6g}, its answer gives none", key, value));
  }
  return wrong;
}

}  // namespace bantam::reask
