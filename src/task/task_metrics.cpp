#include "task/task_metrics.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "score/bleu.hpp"
#include "score/filters.hpp"
#include "score/meteor.hpp"
#include "score/pattern.hpp"
#include "score/wordnet.hpp"

namespace bantam::task {
namespace {

using base::Json;
using enum ItemValue;

constexpr std::string_view kChoice = "multiple_choice";
constexpr std::string_view kLikelihood = "loglikelihood";
constexpr std::string_view kRolling = "loglikelihood_rolling";
constexpr std::string_view kGenerate = "generate_until";
constexpr std::string_view kChoiceAndLikelihood = "multiple_choice loglikelihood";
constexpr std::string_view kChoiceAndGenerate = "multiple_choice generate_until";

constexpr auto kRules = std::to_array<MetricRule>({
    {"acc", number, "mean", kChoiceAndLikelihood},
    {"acc_norm", number, "mean", kChoice},
    {"acc_bytes", number, "mean", kChoice},
    {"acc_mutual_info", number, "mean", kChoice},
    {"brier_score", number, "brier_score", kChoice},
    {"likelihood", number, "mean", kChoice},
    {"exact_match", number, "mean", kChoiceAndGenerate},
    {"f1", labels, "f1", kChoice},
    {"mcc", labels, "matthews_corrcoef", kChoice},
    {"macro_f1", labels, "macro_f1", kChoiceAndGenerate},
    {"micro_f1", labels, "micro_f1", kChoiceAndGenerate},
    {"weighted_f1", labels, "weighted_f1", kChoiceAndGenerate},
    {"perplexity", log_likelihood, "perplexity", kLikelihood},
    {"word_perplexity", weighted, "weighted_perplexity", kRolling},
    {"byte_perplexity", weighted, "weighted_perplexity", kRolling},
    {"bits_per_byte", weighted, "bits_per_byte", kRolling},
    {"f1", number, "mean", kGenerate},
    {"rouge1", number, "mean", kGenerate},
    {"rouge2", number, "mean", kGenerate},
    {"rougeL", number, "mean", kGenerate},
    {"rougeLsum", number, "mean", kGenerate},
    {"meteor", number, "mean", kGenerate},
    {"meteor_exact_stem", number, "mean", kGenerate},
    {"bleu", statistics, "bleu", kGenerate},
    {"chrf", statistics, "chrf", kGenerate},
    {"chrf++", statistics, "chrf++", kGenerate},
    {"ter", statistics, "ter", kGenerate},
    {"entity_f1", statistics, "entity_f1", kGenerate},
    {"bertscore", from_encoder, "mean", kGenerate},  // in files only: stands for the three below
    {"bertscore_precision", from_encoder, "mean", kGenerate},
    {"bertscore_recall", from_encoder, "mean", kGenerate},
    {"bertscore_f1", from_encoder, "mean", kGenerate},
    {"embedding_cosine", from_encoder, "mean", kGenerate},
    {"bypass", nothing, "bypass", "multiple_choice loglikelihood generate_until"},
});

// Metrics that come from a process_results function alone; output_types holds the functions' names.
constexpr auto kFunctionRules = std::to_array<MetricRule>({
    {"exact_match", number, "mean", "squad.process_results"},
    {"f1", number, "mean",
     "squad.process_results squad_v2.process_results drop.process_results "
     "coqa.process_results"},
    {"em", number, "mean", "drop.process_results coqa.process_results"},
    {"exact", number, "mean", "squad_v2.process_results"},
    {"HasAns_exact", number, "nanmean", "squad_v2.process_results"},
    {"HasAns_f1", number, "nanmean", "squad_v2.process_results"},
    {"NoAns_exact", number, "nanmean", "squad_v2.process_results"},
    {"NoAns_f1", number, "nanmean", "squad_v2.process_results"},
    {"acc", number, "mean", "truthfulqa.process_results_mc2"},
    {"bleu_max", number, "mean", "truthfulqa.process_results_gen"},
    {"bleu_acc", number, "mean", "truthfulqa.process_results_gen"},
    {"bleu_diff", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge1_max", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge1_acc", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge1_diff", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge2_max", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge2_acc", number, "mean", "truthfulqa.process_results_gen"},
    {"rouge2_diff", number, "mean", "truthfulqa.process_results_gen"},
    {"rougeL_max", number, "mean", "truthfulqa.process_results_gen"},
    {"rougeL_acc", number, "mean", "truthfulqa.process_results_gen"},
    {"rougeL_diff", number, "mean", "truthfulqa.process_results_gen"},
    {"prompt_level_strict_acc", number, "mean", "ifeval.process_results"},
    {"prompt_level_loose_acc", number, "mean", "ifeval.process_results"},
    {"inst_level_strict_acc", statistics, "ratio", "ifeval.process_results"},
    {"inst_level_loose_acc", statistics, "ratio", "ifeval.process_results"},
    {"word_perplexity", weighted, "weighted_perplexity", "wikitext.process_results"},
    {"byte_perplexity", weighted, "weighted_perplexity", "wikitext.process_results"},
    {"bits_per_byte", weighted, "bits_per_byte", "wikitext.process_results"},
});

constexpr std::array kDefaultMetrics{
    std::pair{OutputType::multiple_choice, "acc acc_norm"},
    std::pair{OutputType::loglikelihood, "perplexity acc"},
    std::pair{OutputType::loglikelihood_rolling, "word_perplexity byte_perplexity bits_per_byte"},
    std::pair{OutputType::generate_until, "exact_match"},
};

constexpr auto kKnownOptions = std::to_array<std::string_view>(
    {"metric", "aggregation", "higher_is_better", "hf_evaluate", "regexes_to_ignore", "ignore_case",
     "ignore_numbers", "ignore_punctuation", "average", "tokenize", "lowercase", "use_stemmer", "trg_lang",
     "num_process", "idf", "num_layers", "rescale_with_baseline"});

bool has_word(std::string_view words, std::string_view word) {
  const std::vector<std::string> list = base::split(words, ' ');
  return std::find(list.begin(), list.end(), word) != list.end();
}

template <typename Rules>
const MetricRule* find_rule(const Rules& rules, std::string_view metric, std::string_view giver) {
  for (const MetricRule& rule : rules) {
    if (rule.name == metric && has_word(rule.output_types, giver)) return &rule;
  }
  return nullptr;
}

template <typename Rules>
std::string names_for(const Rules& rules, std::string_view giver) {
  std::vector<std::string> names;
  for (const MetricRule& rule : rules) {
    if (has_word(rule.output_types, giver)) names.emplace_back(rule.name);
  }
  return base::join(names, ", ");
}

bool is_metric(std::string_view metric) {
  const auto has_name = [&](const MetricRule& rule) { return rule.name == metric; };
  return std::any_of(kRules.begin(), kRules.end(), has_name) ||
         std::any_of(kFunctionRules.begin(), kFunctionRules.end(), has_name);
}

const MetricRule* rule_for(const Task& task, std::string_view metric) {
  return task.process_results ? find_metric_rule(metric, *task.process_results)
                              : find_metric_rule(metric, task.output_type);
}

std::string supported(const Task& task) {
  return task.process_results ? names_for(kFunctionRules, name(*task.process_results))
                              : names_for(kRules, name(task.output_type));
}

// The aggregation's name where the file names a function for it.
std::string aggregation_of(KnownFunction function) {
  switch (function) {
    case KnownFunction::macro_f1_score:
      return "macro_f1";
    case KnownFunction::micro_f1_score:
      return "micro_f1";
    case KnownFunction::weighted_f1_score:
      return "weighted_f1";
    default:
      return "ratio";
  }
}

// `average: macro` of an f1 metric, as scikit-learn calls it.
std::optional<std::string> average_aggregation(TaskReader& reader, const std::string& pointer) {
  const std::string average = reader.text(pointer + "/average", "binary");
  if (average == "binary") return "f1";
  if (average == "macro" || average == "micro" || average == "weighted") return average + "_f1";
  reader.refuse(pointer + "/average", fmt::format("average '{}' is not known", average),
                "use binary, macro, micro or weighted");
  return std::nullopt;
}

std::optional<std::string> read_aggregation(TaskReader& reader, const std::string& pointer,
                                            const MetricRule& rule) {
  const std::string place = pointer + "/aggregation";
  std::string aggregation(rule.aggregation);
  if (rule.name == "f1" && rule.value == labels) {
    const auto averaged = average_aggregation(reader, pointer);
    if (!averaged) return std::nullopt;
    aggregation = *averaged;
  }
  if (base::string_at(reader.at(place), "!function")) {
    const auto function = reader.function(place, FunctionUse::aggregation);
    if (!function) return std::nullopt;
    aggregation = aggregation_of(*function);
  } else {
    // A plain f1 beside `average` is the averaged one.
    const std::string given = reader.text(place, aggregation);
    if (!(given == "f1" && aggregation.ends_with("_f1"))) aggregation = given;
  }
  const auto fitting = aggregations_for(rule);
  if (std::find(fitting.begin(), fitting.end(), aggregation) != fitting.end()) return aggregation;
  std::vector<std::string> names(fitting.begin(), fitting.end());
  reader.refuse(place, fmt::format("aggregation '{}' does not fit metric '{}'", aggregation, rule.name),
                fmt::format("use one of: {}", base::join(names, ", ")));
  return std::nullopt;
}

void check_options(TaskReader& reader, const std::string& pointer, Task& task) {
  for (const auto& [key, value] : reader.at(pointer).items()) {
    const std::string at = fmt::format("{}/{}", pointer, key);
    if (std::find(kKnownOptions.begin(), kKnownOptions.end(), key) == kKnownOptions.end())
      task.warnings.push_back(
          reader.warning(at, fmt::format("option '{}' is not known and has no effect", key)));
  }
  const std::string tokenizer = reader.text(pointer + "/tokenize", "13a");
  if (!score::bleu_tokenizer_named(tokenizer)) {
    reader.refuse(pointer + "/tokenize", fmt::format("tokenize '{}' is not supported", tokenizer),
                  "use 13a, intl, char or none");
  }
  for (const char* key : {"ignore_case", "ignore_numbers", "ignore_punctuation", "higher_is_better",
                          "lowercase", "use_stemmer"})
    reader.boolean(fmt::format("{}/{}", pointer, key), false);
  std::size_t index = 0;
  for (const Json& source : reader.at(pointer + "/regexes_to_ignore")) {
    const std::string at = fmt::format("{}/regexes_to_ignore/{}", pointer, index++);
    if (!source.is_string()) {
      reader.refuse(at, "regexes_to_ignore must be texts");
    } else if (const auto pattern = score::Pattern::compile(source.get<std::string>()); !pattern) {
      reader.refuse(at, pattern.error().message, pattern.error().hint);
    }
  }
}

// Problems go to the reader; false then. All parts of a task's BERTScore are of one layer.
bool check_encoder_options(TaskReader& reader, const std::string& pointer, const std::string& metric,
                           const Task& task) {
  const Json& entry = reader.at(pointer);
  for (const char* key : {"idf", "rescale_with_baseline"})
    reader.boolean(fmt::format("{}/{}", pointer, key), false);
  if (base::bool_at(entry, "rescale_with_baseline").value_or(false)) {
    reader.refuse(pointer + "/rescale_with_baseline", "BERTScore is not rescaled here",
                  "leave rescale_with_baseline out; the baselines belong to single models of the package");
    return false;
  }
  const score::BertScoreOptions options = bert_score_options(entry);
  if (entry.contains("num_layers") && options.layer < 1) {
    reader.refuse(pointer + "/num_layers", "num_layers must be a whole number from 1",
                  "leave it out for the last layer");
    return false;
  }
  for (const MetricSpec& known : task.metrics) {
    if (!known.name.starts_with(kBertScore) || !metric.starts_with(kBertScore)) continue;
    if (bert_score_options(known.options) == options) continue;
    reader.refuse(pointer, fmt::format("{} and {} differ in num_layers or idf", known.name, metric),
                  "give both the same, or write - metric: bertscore once");
    return false;
  }
  return true;
}

void read_metric(TaskReader& reader, const std::string& pointer, Task& task) {
  const Json& entry = reader.at(pointer);
  if (!entry.is_object() || !entry.contains("metric")) {
    return reader.refuse(pointer, "metric_list: an entry needs the name of a metric", "write - metric: NAME");
  }
  if (const auto called = base::string_at(entry["metric"], "!function")) {
    return reader.refuse(pointer + "/metric",
                         fmt::format("metric needs the Python function '{}', which cannot run here", *called),
                         fmt::format("metrics that are scored here: {}", supported(task)));
  }
  const std::string metric = reader.text(pointer + "/metric", "");
  const MetricRule* rule = rule_for(task, metric);
  if (rule == nullptr) {
    const std::string giver(task.process_results ? name(*task.process_results) : name(task.output_type));
    return reader.refuse(pointer + "/metric",
                         is_metric(metric) ? fmt::format("metric '{}' does not fit {}", metric, giver)
                                           : fmt::format("metric '{}' is not supported", metric),
                         fmt::format("{} gives: {}", giver, supported(task)));
  }
  const auto aggregation = read_aggregation(reader, pointer, *rule);
  check_options(reader, pointer, task);
  // METEOR's synonyms come from WordNet; without it the value has another name.
  const bool has_synonyms = metric != "meteor" || score::WordNet::installed_folder().has_value();
  const std::string named(has_synonyms ? metric : score::meteor_name(nullptr));
  const bool twice = std::any_of(task.metrics.begin(), task.metrics.end(), [&](const MetricSpec& known) {
    return known.name == named || (metric == kBertScore && known.name.starts_with(kBertScore));
  });
  if (twice) return reader.refuse(pointer + "/metric", fmt::format("metric '{}' stands twice", metric));
  if (!aggregation) return;
  if (rule->value == from_encoder && !check_encoder_options(reader, pointer, metric, task)) return;
  if (metric == kBertScore) {
    for (const std::string_view part : kBertScoreParts)
      task.metrics.push_back({std::string(part), *aggregation, entry});
    return;
  }
  task.metrics.push_back({named, *aggregation, entry});
  if (!has_synonyms) {
    task.warnings.push_back(
        reader.warning(pointer + "/metric",
                       "no WordNet here: meteor is computed without synonyms and named meteor_exact_stem; "
                       "Debian's package wordnet-base has it"));
  }
}

}  // namespace

bool is_bert_score_part(std::string_view metric) {
  return std::ranges::find(kBertScoreParts, metric) != std::end(kBertScoreParts);
}

bool needs_encoder(std::string_view metric) {
  return is_bert_score_part(metric) || metric == kEmbeddingCosine;
}

bool needs_encoder(const Task& task) {
  return std::ranges::any_of(task.metrics,
                             [](const MetricSpec& metric) { return needs_encoder(metric.name); });
}

score::BertScoreOptions bert_score_options(const Json& entry) {
  return {static_cast<int>(base::integer_at(entry, "num_layers").value_or(0)),
          base::bool_at(entry, "idf").value_or(false)};
}

std::span<const MetricRule> metric_rules() {
  return kRules;
}

const MetricRule* find_metric_rule(std::string_view metric, OutputType type) {
  return find_rule(kRules, metric, name(type));
}

const MetricRule* find_metric_rule(std::string_view metric, KnownFunction process_results) {
  return find_rule(kFunctionRules, metric, name(process_results));
}

const MetricRule& metric_rule(const Task& task, const MetricSpec& metric) {
  const MetricRule* rule = rule_for(task, metric.name);
  return rule == nullptr ? kRules.front() : *rule;
}

std::vector<std::string_view> aggregations_for(const MetricRule& rule) {
  switch (rule.value) {
    case number:
    case from_encoder:
      if (rule.name == "brier_score") return {"brier_score", "mean"};
      return {"mean", "nanmean", "median"};
    case labels:
      return {"f1", "macro_f1", "micro_f1", "weighted_f1", "matthews_corrcoef"};
    default:
      return {rule.aggregation};
  }
}

void read_metrics(TaskReader& reader, Task& task) {
  const Json& list = reader.at("/metric_list");
  if (list.is_array() && !list.empty()) {
    for (std::size_t i = 0; i < list.size(); ++i)
      read_metric(reader, fmt::format("/metric_list/{}", i), task);
    return;
  }
  if (!list.is_null() && !list.is_array()) return reader.refuse("/metric_list", "metric_list must be a list");
  if (task.process_results) return reader.refuse("", "process_results needs a metric_list");
  for (const auto& [type, metrics] : kDefaultMetrics) {
    if (type != task.output_type) continue;
    for (const std::string& metric : base::split(metrics, ' ')) {
      const MetricRule* rule = find_metric_rule(metric, type);
      task.metrics.push_back({metric, std::string(rule->aggregation), Json{{"metric", metric}}});
    }
  }
}

void read_filters(TaskReader& reader, Task& task) {
  const Json& list = reader.at("/filter_list");
  if (!list.is_null() && !list.is_array()) reader.refuse("/filter_list", "filter_list must be a list");
  for (std::size_t i = 0; list.is_array() && i < list.size(); ++i) {
    const std::string pointer = fmt::format("/filter_list/{}", i);
    FilterSpec spec{reader.text(pointer + "/name", "none"), reader.at(pointer + "/filter")};
    const bool twice = std::any_of(task.filters.begin(), task.filters.end(),
                                   [&](const FilterSpec& known) { return known.name == spec.name; });
    if (twice) reader.refuse(pointer, fmt::format("filter '{}' stands twice", spec.name));
    if (!spec.steps.is_array())
      reader.refuse(pointer, "filter_list: an entry needs filter: with a list of steps");
    for (std::size_t step = 0; spec.steps.is_array() && step < spec.steps.size(); ++step) {
      const auto made = score::FilterPipeline::make(Json::array({spec.steps[step]}));
      if (!made) reader.refuse(made.error(), fmt::format("{}/filter/{}", pointer, step));
    }
    task.filters.push_back(std::move(spec));
  }
  if (task.filters.empty()) task.filters.push_back({"none", Json::array({Json{{"function", "take_first"}}})});
}

}  // namespace bantam::task
