#include "evaluate/items.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "evaluate/encoder_metrics.hpp"
#include "evaluate/known_results.hpp"
#include "prompt/python_literal.hpp"
#include "score/choices.hpp"
#include "score/python_text.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;

std::vector<double> log_likelihoods_of(std::span<const engine::Score> scores) {
  std::vector<double> out;
  for (const engine::Score& score : scores) out.push_back(score.log_likelihood);
  return out;
}

void add_requests(const Prompt& prompt, std::span<const EncodedPair> pairs,
                  std::span<const engine::Score> scores, Json& content) {
  if (prompt.contexts.size() == 1) {
    content["context"] = text_of(prompt.contexts.front());
  } else {
    for (const Context& context : prompt.contexts) content["contexts"].push_back(text_of(context));
  }
  content["continuations"] = prompt.continuations;
  const std::size_t count = prompt.continuations.size();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const bool unconditional = i >= count;
    content[unconditional ? "unconditional_log_likelihoods" : "log_likelihoods"].push_back(
        scores[i].log_likelihood);
    content[unconditional ? "unconditional_is_greedy" : "is_greedy"].push_back(scores[i].is_greedy);
    if (unconditional) continue;
    content["context_tokens"].push_back(pairs[i].context_tokens);
    content["continuation_tokens"].push_back(pairs[i].request.continuation.size());
  }
}

bool is_gold(const Prompt& prompt, std::size_t predicted) {
  return std::find(prompt.gold.begin(), prompt.gold.end(), static_cast<std::int64_t>(predicted)) !=
         prompt.gold.end();
}

// Absent for a metric that is only defined over all items. `sums`: log-likelihoods of the choices; `scores`
// holds the unconditional ones behind them where the metric needs them.
std::optional<double> choice_value(std::string_view metric, const Prompt& prompt,
                                   std::span<const engine::Score> scores, const std::vector<double>& sums,
                                   const score::Predictions& predictions) {
  const auto right = [&](std::size_t predicted) { return is_gold(prompt, predicted) ? 1.0 : 0.0; };
  if (metric == "acc") return right(predictions.plain);
  if (metric == "acc_norm") return right(predictions.by_length);
  if (metric == "acc_bytes") return right(predictions.by_bytes);
  if (metric == "brier_score") return score::brier_score(sums, static_cast<std::size_t>(prompt.gold.front()));
  if (metric == "likelihood") {
    const std::vector<double> shares = score::softmax(sums);
    double share = 0.0;
    for (const std::int64_t gold : prompt.gold) share += shares[static_cast<std::size_t>(gold)];
    return share;
  }
  if (metric == "exact_match") {
    const bool greedy = std::any_of(prompt.gold.begin(), prompt.gold.end(), [&](std::int64_t gold) {
      return scores[static_cast<std::size_t>(gold)].is_greedy;
    });
    return greedy ? 1.0 : 0.0;
  }
  if (metric == "acc_mutual_info") {
    std::vector<double> gains = sums;
    for (std::size_t i = 0; i < sums.size(); ++i) gains[i] -= scores[sums.size() + i].log_likelihood;
    return right(score::arg_max(gains));
  }
  return std::nullopt;
}

}  // namespace

Result<ItemScorer> ItemScorer::make(const task::Task& task) {
  TRY_ASSIGN(AnswerScorer answers, AnswerScorer::make(task));
  ItemScorer scorer(task, std::move(answers));
  for (const task::FilterSpec& filter : task.filters) {
    TRY_ASSIGN(auto pipeline, score::FilterPipeline::make(filter.steps));
    scorer.pipelines_.push_back(std::move(pipeline));
  }
  return scorer;
}

record::Item ItemScorer::new_item(const Prompt& prompt, bool truncated) const {
  record::Item item;
  item.task = task_->name;
  item.doc_id = prompt.doc_id;
  const std::string asked = prompt.contexts.empty() ? prompt.text : text_of(prompt.contexts.front());
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

record::Item ItemScorer::of_scores(const Prompt& prompt, std::span<const EncodedPair> pairs,
                                   std::span<const engine::Score> scores) const {
  const bool truncated =
      std::any_of(pairs.begin(), pairs.end(), [](const EncodedPair& pair) { return pair.truncated; });
  record::Item item = new_item(prompt, truncated);
  add_requests(prompt, pairs, scores, item.content);
  if (task_->output_type == task::OutputType::multiple_choice) {
    add_choice_metrics(prompt, scores, item);
    return item;
  }
  for (const task::MetricSpec& metric : task_->metrics) {
    const engine::Score& score = scores.front();
    if (metric.name == "acc") item.metrics[metric.name] = score.is_greedy ? 1.0 : 0.0;
    if (metric.name == "perplexity") item.metrics[metric.name] = std::exp(-score.log_likelihood);
  }
  return item;
}

void ItemScorer::add_choice_metrics(const Prompt& prompt, std::span<const engine::Score> scores,
                                    record::Item& item) const {
  const std::size_t count = prompt.choices.size();
  const std::vector<double> sums = log_likelihoods_of(scores.first(count));
  const score::Predictions predictions = score::predict(sums, prompt.choices);
  item.content["gold"] = prompt.gold.size() == 1 ? Json(prompt.gold.front()) : Json(prompt.gold);
  item.content["predicted"] = predictions.plain;
  for (const task::MetricSpec& metric : task_->metrics) {
    if (const auto value = choice_value(metric.name, prompt, scores, sums, predictions))
      item.metrics[metric.name] = *value;
  }
  if (task_->process_results != task::KnownFunction::truthfulqa_process_results_mc2) return;
  const auto share = right_probability(prompt.doc, sums);
  if (share) {
    item.metrics["acc"] = *share;
  } else {
    item.metrics.erase("acc");
    item.content["unscored"] = share.error().message;
  }
}

record::Item ItemScorer::of_windows(const Prompt& prompt, std::span<const engine::ScoreRequest> windows,
                                    std::span<const engine::Score> scores) const {
  record::Item item = new_item(prompt, false);
  double total = 0.0;
  std::size_t tokens = 0;
  for (const engine::Score& score : scores) total += score.log_likelihood;
  for (const engine::ScoreRequest& window : windows) tokens += window.continuation.size();
  // The wikitext rule counts on the page before detokenization.
  const bool counts_page = task_->process_results == task::KnownFunction::wikitext_process_results;
  const std::string counted = counts_page ? base::string_at(prompt.doc, "page").value_or("") : prompt.text;
  const auto words = static_cast<double>(score::count_split_pieces(counted));
  const auto bytes = static_cast<double>(counted.size());
  item.content["log_likelihood"] = total;
  item.content["words"] = score::count_split_pieces(counted);
  item.content["bytes"] = counted.size();
  item.content["tokens"] = tokens;
  item.content["windows"] = windows.size();
  for (const task::MetricSpec& metric : task_->metrics) {
    const double per_byte = bytes > 0 ? -total / bytes : 0.0;
    if (metric.name == "word_perplexity") item.metrics[metric.name] = std::exp(-total / words);
    if (metric.name == "byte_perplexity") item.metrics[metric.name] = std::exp(per_byte);
    if (metric.name == "bits_per_byte") item.metrics[metric.name] = per_byte / std::numbers::ln2;
  }
  return item;
}

Result<record::Item> ItemScorer::of_generation(const Prompt& prompt, const EncodedPrompt& encoded,
                                               const engine::Generation& generation,
                                               const Answer& response) const {
  record::Item item = new_item(prompt, encoded.truncated);
  item.content["context"] = text_of(prompt.contexts.front());
  item.content["until"] = task_->generation.until;
  item.content["resps"] = Json::array({response.text});
  item.content["empty"] = response.empty;
  item.content["answer_truncated"] = response.truncated;
  item.content["incomplete"] = response.incomplete;
  item.content["finish"] = generation.finish;
  item.content["context_tokens"] = encoded.tokens.size();
  item.content["output_tokens"] = generation.tokens.size();
  if (task::needs_encoder(*task_)) {
    TRY_ASSIGN(item.content["references"], references_of(prompt));
  }
  for (std::size_t i = 0; i < pipelines_.size(); ++i) {
    const task::FilterSpec& filter = task_->filters[i];
    const score::Filtered filtered = pipelines_[i].apply({response.text}, prompt.doc);
    item.content["filtered_resps"][filter.name] = filtered.answers;
    item.content["unparsed"][filter.name] = filtered.unparsed && !response.incomplete;
    if (filtered.gave_up) item.content["gave_up"] = true;
    if (response.incomplete) continue;  // neither right nor wrong
    const std::string answer = filtered.answers.empty() ? "" : filtered.answers.front();
    TRY_ASSIGN(const AnswerScores scores, answers_.score(prompt, answer));
    for (const task::MetricSpec& metric : task_->metrics) {
      const std::string key = task::metric_key(*task_, metric.name, filter);
      if (const auto value = scores.values.find(metric.name); value != scores.values.end())
        item.metrics[key] = value->second;
      if (const auto found = scores.statistics.find(metric.name); found != scores.statistics.end())
        item.content["statistics"][key] = found->second;
    }
  }
  return item;
}

}  // namespace bantam::evaluate
