#include "evaluate/answer_scores.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "evaluate/known_results.hpp"
#include "prompt/python_literal.hpp"
#include "score/bleu.hpp"
#include "score/chrf.hpp"
#include "score/labels.hpp"
#include "score/meteor.hpp"
#include "score/python_text.hpp"
#include "score/rouge.hpp"
#include "score/ter.hpp"
#include "score/text_match.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;
using base::Result;
using Views = std::vector<std::string_view>;

score::BleuOptions bleu_options(const Json& options) {
  score::BleuOptions chosen;
  const auto tokenizer = score::bleu_tokenizer_named(base::string_at(options, "tokenize").value_or("13a"));
  if (tokenizer) chosen.tokenizer = *tokenizer;
  chosen.lower_case = base::bool_at(options, "lowercase").value_or(false);
  return chosen;
}

score::ChrfOptions chrf_options(const task::MetricSpec& metric) {
  score::ChrfOptions chosen;
  if (metric.name == "chrf++") chosen.word_order = 2;
  return chosen;
}

double rouge_value(const task::MetricSpec& metric, std::string_view answer, const Views& references) {
  const score::RougeOptions options{base::bool_at(metric.options, "use_stemmer").value_or(false)};
  const score::RougeScores best = score::rouge_best(answer, references, options);
  if (metric.name == "rouge1") return best.rouge1.f1;
  if (metric.name == "rouge2") return best.rouge2.f1;
  if (metric.name == "rougeL") return best.rouge_l.f1;
  return best.rouge_lsum.f1;
}

// Tags of the words, as many as the reference has: missing ones are O, further ones are left out.
void add_entities(const std::string& answer, const std::string& reference, AnswerScores& scores) {
  const std::vector<std::string> gold = score::split_words(reference);
  std::vector<std::string> predicted = score::split_words(answer);
  predicted.resize(gold.size(), "O");
  score::EntityCounts counts;
  score::count_entities(score::tagged_entities(gold, score::TagScheme::conlleval),
                        score::tagged_entities(predicted, score::TagScheme::conlleval), counts);
  Json statistics = Json::object();
  for (const auto& [kind, count] : counts) {
    statistics[kind] = Json::array({count.both, count.predicted, count.gold});
  }
  scores.statistics["entity_f1"] = std::move(statistics);
  scores.values["entity_f1"] = counts.empty() ? 1.0 : score::entity_scores(counts).micro.f1;
}

bool is_averaged_f1(std::string_view metric) {
  return metric == "macro_f1" || metric == "micro_f1" || metric == "weighted_f1";
}

Result<score::ExactMatchOptions> match_options(const Json& entry) {
  score::ExactMatchOptions options;
  options.ignore_case = base::bool_at(entry, "ignore_case").value_or(false);
  options.ignore_punctuation = base::bool_at(entry, "ignore_punctuation").value_or(false);
  options.ignore_numbers = base::bool_at(entry, "ignore_numbers").value_or(false);
  for (const Json& source : base::child_at(entry, "regexes_to_ignore")) {
    TRY_ASSIGN(auto pattern, score::Pattern::compile(prompt::python_str(source)));
    options.regexes_to_ignore.push_back(std::move(pattern));
  }
  return options;
}

}  // namespace

Result<std::vector<std::string>> references_of(const Prompt& prompt) {
  std::vector<std::string> references;
  if (!prompt.choices.empty() && prompt.target.is_number_integer()) {
    const auto index = static_cast<std::size_t>(prompt.target.get<std::int64_t>());
    if (index < prompt.choices.size()) references.push_back(prompt.choices[index]);
  } else if (prompt.target.is_array()) {
    for (const Json& answer : prompt.target) references.push_back(prompt::python_str(answer));
  } else {
    references.push_back(prompt::python_str(prompt.target));
  }
  if (references.empty()) return base::fail(base::ErrorKind::bad_input, "no reference answer");
  return references;
}

Result<AnswerScorer> AnswerScorer::make(const task::Task& task) {
  AnswerScorer scorer(task);
  for (const task::MetricSpec& metric : task.metrics) {
    TRY_ASSIGN(scorer.match_options_[metric.name], match_options(metric.options));
    if (metric.name != "meteor") continue;
    if (const auto folder = score::WordNet::installed_folder()) {
      TRY_ASSIGN(scorer.wordnet_, score::WordNet::load(*folder));
    }
  }
  return scorer;
}

Result<AnswerScores> AnswerScorer::score(const Prompt& prompt, const std::string& answer) const {
  if (task_->process_results) return known_results(*task_->process_results, prompt.doc, answer);
  AnswerScores scores;
  TRY_ASSIGN(const std::vector<std::string> references, references_of(prompt));
  for (const task::MetricSpec& metric : task_->metrics) add_metric(metric, references, answer, scores);
  return scores;
}

void AnswerScorer::add_metric(const task::MetricSpec& metric, const std::vector<std::string>& references,
                              const std::string& answer, AnswerScores& scores) const {
  const Views views(references.begin(), references.end());
  double& value = scores.values[metric.name];
  const std::string& name = metric.name;
  if (name == "exact_match") {
    // An answer on which a pattern runs out of time counts as wrong.
    const bool equal = std::any_of(views.begin(), views.end(), [&](std::string_view reference) {
      return score::exact_match(answer, reference, match_options_.at(name)).value_or(false);
    });
    value = equal ? 1.0 : 0.0;
  } else if (name == "f1") {
    for (const std::string_view reference : views)
      value = std::max(value, score::squad_answer_f1(answer, reference));
  } else if (name.starts_with("rouge")) {
    value = rouge_value(metric, answer, views);
  } else if (name.starts_with("meteor")) {
    value = score::meteor_best(answer, views, wordnet_ ? &*wordnet_ : nullptr);
  } else if (name == "bleu") {
    score::BleuOptions options = bleu_options(metric.options);
    const score::TextStats stats = score::bleu_stats(answer, views, options);
    scores.statistics[name] = stats;
    options.effective_order = true;
    value = score::bleu_score(stats, options).score;
  } else if (name.starts_with("chrf")) {
    const score::TextStats stats = score::chrf_stats(answer, views, chrf_options(metric));
    scores.statistics[name] = stats;
    value = score::chrf_score(stats, chrf_options(metric));
  } else if (name == "ter") {
    const score::TextStats stats = score::ter_stats(answer, views, {});
    scores.statistics[name] = stats;
    value = score::ter_score(stats).score;
  } else if (name == "entity_f1") {
    add_entities(answer, references.front(), scores);
  } else {
    scores.values.erase(name);
    if (is_averaged_f1(name)) scores.statistics[name] = Json::array({references.front(), answer});
  }
}

}  // namespace bantam::evaluate
