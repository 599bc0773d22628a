#include "evaluate/items.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "prompt/python_literal.hpp"
#include "score/choices.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;

std::vector<double> log_likelihoods(std::span<const engine::Score> scores) {
  std::vector<double> out;
  for (const engine::Score& score : scores) out.push_back(score.log_likelihood);
  return out;
}

void add_requests(const Prompt& prompt, std::span<const EncodedPair> pairs,
                  std::span<const engine::Score> scores, bool counts_tokens, Json& content) {
  if (prompt.contexts.size() == 1) {
    content["context"] = joined_text(prompt.contexts.front());
  } else {
    for (const Context& context : prompt.contexts) content["contexts"].push_back(joined_text(context));
  }
  content["continuations"] = prompt.continuations;
  const std::size_t count = prompt.continuations.size();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const bool unconditional = i >= count;
    content[unconditional ? "unconditional_log_likelihoods" : "log_likelihoods"].push_back(
        scores[i].log_likelihood);
    content[unconditional ? "unconditional_is_greedy" : "is_greedy"].push_back(scores[i].is_greedy);
    if (unconditional || !counts_tokens) continue;
    content["context_tokens"].push_back(pairs[i].context_tokens);
    content["continuation_tokens"].push_back(pairs[i].request.continuation.size());
  }
}

metric::Choices choices_from(const Prompt& prompt, std::span<const engine::Score> scores) {
  const std::size_t count = prompt.choices.size();
  metric::Choices choices;
  choices.log_likelihoods = log_likelihoods(scores.first(count));
  choices.unconditional = log_likelihoods(scores.subspan(count));
  for (const engine::Score& score : scores.first(count)) choices.is_greedy.push_back(score.is_greedy);
  choices.gold = prompt.gold;
  choices.predictions = score::predict(choices.log_likelihoods, prompt.choices);
  return choices;
}

// The metric's value under its name; none where it is not defined for the item.
template <typename Reading, typename Given>
void add_value(const task::MetricSpec& spec, const std::optional<Reading>& reading, const Given& given,
               record::Item& item) {
  if (!reading || reading->value == nullptr) return;
  if (const auto value = reading->value(given)) item.metrics[spec.name()] = *value;
}

}  // namespace

Result<ItemScorer> ItemScorer::make(const task::Task& task, bool counts_tokens) {
  TRY_ASSIGN(AnswerScorer answers, AnswerScorer::make(task));
  ItemScorer scorer(task, std::move(answers));
  scorer.counts_tokens_ = counts_tokens;
  for (const task::FilterSpec& filter : task.filters) {
    // Code filters behind the run (code_scores.hpp).
    TRY_ASSIGN(auto pipeline, score::FilterPipeline::make(filter.by_code ? Json::array() : filter.steps));
    scorer.pipelines_.push_back(std::move(pipeline));
  }
  return scorer;
}

record::Item ItemScorer::new_item(const Prompt& prompt, bool truncated) const {
  record::Item item;
  item.task = task_->name;
  item.doc_id = prompt.doc_id;
  const std::string asked = prompt.contexts.empty() ? prompt.text : joined_text(prompt.contexts.front());
  item.content = {{"doc_id", prompt.doc_id},
                  {"doc", prompt.doc},
                  {"target", prompt.target},
                  {"doc_hash", base::sha256(base::to_text(prompt.doc, 2))},
                  {"prompt_hash", base::sha256(asked)},
                  {"target_hash", base::sha256(prompt::python_str(prompt.target))},
                  {"truncated", truncated}};
  if (prompt.target.is_structured()) item.content["target_text"] = prompt::python_str(prompt.target);
  if (prompt.system_dropped) item.content["system_dropped"] = true;
  if (prompt.leaked) item.content["leaked"] = true;
  return item;
}

record::Item ItemScorer::failed(const Prompt& prompt, const std::string& reason) const {
  record::Item item = new_item(prompt, false);
  item.content["failed"] = reason;
  if (!prompt.contexts.empty()) item.content["context"] = joined_text(prompt.contexts.front());
  return item;
}

record::Item ItemScorer::from_scores(const Prompt& prompt, std::span<const EncodedPair> pairs,
                                     std::span<const engine::Score> scores) const {
  const bool truncated =
      std::any_of(pairs.begin(), pairs.end(), [](const EncodedPair& pair) { return pair.truncated; });
  record::Item item = new_item(prompt, truncated);
  if (std::ranges::any_of(pairs, &EncodedPair::apart)) item.content["tokenized_apart"] = true;
  add_requests(prompt, pairs, scores, counts_tokens_, item.content);
  if (task_->output_type == task::OutputType::multiple_choice) {
    add_choice_metrics(prompt, scores, item);
    return item;
  }
  if (task::has_code_process_results(*task_)) return item;
  const metric::Continuation continuation{scores.front().log_likelihood, scores.front().is_greedy};
  for (const task::MetricSpec& spec : task_->metrics)
    add_value(spec, spec.metric->of_continuation, continuation, item);
  return item;
}

void ItemScorer::add_choice_metrics(const Prompt& prompt, std::span<const engine::Score> scores,
                                    record::Item& item) const {
  const metric::Choices choices = choices_from(prompt, scores);
  item.content["gold"] = prompt.gold.size() == 1 ? Json(prompt.gold.front()) : Json(prompt.gold);
  item.content["predicted"] = choices.predictions.plain;
  if (task::has_code_process_results(*task_)) return;
  if (task_->process_results != nullptr && task_->process_results->of_choices != nullptr) {
    const auto given = task_->process_results->of_choices(prompt.doc, choices.log_likelihoods);
    if (given) {
      item.metrics = given->values;
    } else {
      item.content["unscored"] = given.error().message;
    }
    return;
  }
  for (const task::MetricSpec& spec : task_->metrics) add_value(spec, spec.metric->of_choices, choices, item);
}

record::Item ItemScorer::from_windows(const Prompt& prompt, std::span<const engine::ScoreRequest> windows,
                                      std::span<const engine::Score> scores) const {
  record::Item item = new_item(prompt, false);
  double total = 0.0;
  std::size_t tokens = 0;
  for (const engine::Score& score : scores) total += score.log_likelihood;
  for (const engine::ScoreRequest& window : windows) tokens += window.continuation.size();
  item.content["log_likelihood"] = total;
  const auto counted = task_->process_results != nullptr && task_->process_results->counted_text != nullptr
                           ? task_->process_results->counted_text(prompt.doc)
                           : prompt.text;
  metric::Document document{total};
  if (counted) {
    document.words = static_cast<std::size_t>(score::count_split_pieces(*counted));
    document.bytes = counted->size();
    item.content["words"] = document.words;
    item.content["bytes"] = document.bytes;
  }
  if (counts_tokens_) item.content["tokens"] = tokens;
  item.content["windows"] = windows.size();
  if (task::has_code_process_results(*task_)) return item;
  for (const task::MetricSpec& spec : task_->metrics)
    add_value(spec, spec.metric->of_document, document, item);
  return item;
}

namespace {

std::optional<std::int64_t> output_tokens(std::span<const engine::Generation> generations,
                                          bool counts_tokens) {
  std::int64_t tokens = 0;
  for (const engine::Generation& generation : generations) {
    if (!counts_tokens && !generation.told_tokens) return std::nullopt;
    tokens += counts_tokens ? std::ssize(generation.tokens) : *generation.told_tokens;
  }
  return tokens;
}

// What the answers of one item are, apart from right or wrong.
void add_answers(std::span<const engine::Generation> generations, std::span<const Answer> answers,
                 bool counts_tokens, Json& content) {
  content["resps"] = Json::array();
  for (const Answer& answer : answers) content["resps"].push_back(answer.text);
  content["empty"] = std::ranges::all_of(answers, &Answer::empty);
  content["answer_truncated"] = std::ranges::any_of(answers, &Answer::truncated);
  content["incomplete"] = std::ranges::all_of(answers, &Answer::incomplete);
  const auto cut = std::ranges::find(generations, "length", &engine::Generation::finish);
  content["finish"] = (cut != generations.end() ? *cut : generations.front()).finish;
  const auto tokens = output_tokens(generations, counts_tokens);
  if (tokens) content["output_tokens"] = *tokens;
}

std::vector<std::string> texts_of(std::span<const Answer> answers) {
  std::vector<std::string> texts;
  for (const Answer& answer : answers) texts.push_back(answer.text);
  return texts;
}

}  // namespace

Result<record::Item> ItemScorer::from_generations(const Prompt& prompt, const EncodedPrompt& encoded,
                                                  std::span<const engine::Generation> generations,
                                                  std::span<const Answer> answers) const {
  record::Item item = new_item(prompt, encoded.truncated);
  item.content["context"] = joined_text(prompt.contexts.front());
  item.content["until"] = task_->generation.until;
  add_answers(generations, answers, counts_tokens_, item.content);
  if (counts_tokens_)
    item.content["context_tokens"] = encoded.tokens.size();
  else
    base::set_if(item.content, "context_tokens", generations.front().told_prompt_tokens);
  const bool incomplete = std::ranges::all_of(answers, &Answer::incomplete);
  const bool scored_by_code = task::has_code_process_results(*task_);
  if (task_->process_results == nullptr && !scored_by_code) {
    TRY_ASSIGN(const std::vector<std::string> references, reference_answers(prompt));
    if (references.empty()) item.content["without_reference"] = true;
    if (task::needs_encoder(*task_)) item.content["references"] = references;
  }
  for (std::size_t i = 0; i < pipelines_.size(); ++i) {
    const task::FilterSpec& filter = task_->filters[i];
    if (filter.by_code) continue;
    const score::Filtered filtered = pipelines_[i].apply(texts_of(answers), prompt.doc);
    item.content["filtered_resps"][filter.name] = filtered.answers;
    item.content["unparsed"][filter.name] = filtered.unparsed && !incomplete;
    if (filtered.gave_up) item.content["gave_up"] = true;
    if (incomplete || scored_by_code) continue;  // incomplete: neither right nor wrong
    const std::string answer = filtered.answers.empty() ? "" : filtered.answers.front();
    TRY_ASSIGN(const metric::ItemScores scores, answers_.score(prompt, answer));
    for (const task::MetricSpec& spec : task_->metrics) {
      const std::string key = task::metric_key(*task_, spec.name(), filter);
      if (const auto value = scores.values.find(spec.name()); value != scores.values.end())
        item.metrics[key] = value->second;
      if (const auto found = scores.statistics.find(spec.name()); found != scores.statistics.end())
        item.content["statistics"][key] = found->second;
    }
  }
  return item;
}

}  // namespace bantam::evaluate
