#include "metric/task_metric.hpp"

#include <algorithm>

#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

constexpr const TaskMetric* kAll[] = {
    &acc,
    &acc_micro,
    &acc_macro,
    &acc_norm,
    &acc_norm_micro,
    &acc_norm_macro,
    &acc_bytes,
    &acc_bytes_micro,
    &acc_bytes_macro,
    &acc_mutual_info,
    &acc_mutual_info_micro,
    &acc_mutual_info_macro,
    &brier_score,
    &f1,
    &mcc,
    &exact_match,
    &accuracy,
    &macro_f1,
    &micro_f1,
    &weighted_f1,
    &entity_f1,
    &likelihood,
    &em,
    &exact,
    &has_answer_exact,
    &no_answer_exact,
    &has_answer_f1,
    &no_answer_f1,
    &bleu_max,
    &bleu_acc,
    &bleu_diff,
    &rouge1_max,
    &rouge1_acc,
    &rouge1_diff,
    &rouge2_max,
    &rouge2_acc,
    &rouge2_diff,
    &rouge_l_max,
    &rouge_l_acc,
    &rouge_l_diff,
    &prompt_level_strict_acc,
    &inst_level_strict_acc,
    &prompt_level_loose_acc,
    &inst_level_loose_acc,
    &rouge1,
    &rouge2,
    &rouge_l,
    &rouge_lsum,
    &bleu,
    &chrf,
    &chrf_plus_plus,
    &ter,
    &wer,
    &meteor,
    &meteor_exact_stem,
    &bertscore,
    &bertscore_precision,
    &bertscore_recall,
    &bertscore_f1,
    &embedding_cosine,
    &exact_match_micro,
    &exact_match_macro,
    &perplexity,
    &word_perplexity,
    &byte_perplexity,
    &bits_per_byte,
    &bypass,
};

constexpr const TaskMetric* kForChoices[] = {&acc, &acc_norm};
constexpr const TaskMetric* kForContinuations[] = {&perplexity, &acc};
constexpr const TaskMetric* kForDocuments[] = {&word_perplexity, &byte_perplexity, &bits_per_byte};
constexpr const TaskMetric* kForAnswers[] = {&exact_match};

constinit const MetricOption kName{"metric", MetricOption::Kind::other};
constinit const MetricOption kAggregation{"aggregation", MetricOption::Kind::other};
constinit const MetricOption kDirection{"higher_is_better", MetricOption::Kind::flag};
// Without an effect.
constinit const MetricOption kHfEvaluate{"hf_evaluate", MetricOption::Kind::other};
constinit const MetricOption kLanguage{"trg_lang", MetricOption::Kind::other};
constinit const MetricOption kProcesses{"num_process", MetricOption::Kind::other};
constinit const MetricOption kWeights{"weight_by_size", MetricOption::Kind::other};
constexpr const MetricOption* kCommonOptions[] = {&kName,     &kAggregation, &kDirection, &kHfEvaluate,
                                                  &kLanguage, &kProcesses,   &kWeights};

template <typename Function>
std::optional<Rules> rules_from(const std::optional<Reading<Function>>& reading) {
  if (!reading) return std::nullopt;
  return Rules{reading->aggregations, reading->options, reading->logged_as};
}

}  // namespace

// Nothing is scored; the items hold the answers.
constinit const TaskMetric bypass{.row = {.name = "bypass"},
                                  .of_choices = OfChoices{.aggregations = aggregations::kBypass},
                                  .of_continuation = OfContinuation{.aggregations = aggregations::kBypass},
                                  .of_answer = OfAnswer{.aggregations = aggregations::kBypass}};

void ItemScores::set(const TaskMetric& metric, double value) {
  values[std::string(metric.name())] = value;
}

std::string_view name(OutputType type) {
  switch (type) {
    case OutputType::multiple_choice:
      return "multiple_choice";
    case OutputType::loglikelihood:
      return "loglikelihood";
    case OutputType::loglikelihood_rolling:
      return "loglikelihood_rolling";
    case OutputType::generate_until:
      break;
  }
  return "generate_until";
}

std::optional<OutputType> output_type_from(std::string_view text) {
  const auto found = std::ranges::find(kOutputTypes, text, [](OutputType type) { return name(type); });
  if (found == kOutputTypes.end()) return std::nullopt;
  return *found;
}

std::optional<Rules> rules(const TaskMetric& metric, OutputType type) {
  switch (type) {
    case OutputType::multiple_choice:
      return rules_from(metric.of_choices);
    case OutputType::loglikelihood:
      return rules_from(metric.of_continuation);
    case OutputType::loglikelihood_rolling:
      return rules_from(metric.of_document);
    case OutputType::generate_until:
      return rules_from(metric.of_answer);
  }
  return std::nullopt;
}

std::span<const TaskMetric* const> task_metrics() {
  return kAll;
}

const TaskMetric* find_task_metric(std::string_view name) {
  const auto found = std::ranges::find(kAll, name, &TaskMetric::name);
  return found == std::end(kAll) ? nullptr : *found;
}

std::span<const TaskMetric* const> default_metrics(OutputType type) {
  switch (type) {
    case OutputType::multiple_choice:
      return kForChoices;
    case OutputType::loglikelihood:
      return kForContinuations;
    case OutputType::loglikelihood_rolling:
      return kForDocuments;
    case OutputType::generate_until:
      break;
  }
  return kForAnswers;
}

std::span<const MetricOption* const> common_options() {
  return kCommonOptions;
}

}  // namespace bantam::metric
