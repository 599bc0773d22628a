// What an encoder tells of a written answer and its references, once all answers are there.

#include "metric/metric_objects.hpp"
#include "score/python_truth.hpp"

namespace bantam::metric {
namespace {

using base::Json;

double precision(const score::BertScore& score) {
  return score.precision;
}
double recall(const score::BertScore& score) {
  return score.recall;
}
double harmonic_mean(const score::BertScore& score) {
  return score.f1;
}

std::vector<MetricOption::Fault> rescaling_faults(const Json& value) {
  if (!score::python_truth(value)) return {};
  return {{"", "BERTScore is not rescaled here",
           "leave rescale_with_baseline out; the baselines belong to single models of the package"}};
}

std::vector<MetricOption::Fault> layer_faults(const Json& value) {
  if (value.is_number_integer() && value.get<std::int64_t>() >= 1) return {};
  return {{"", "num_layers must be a whole number from 1", "leave it out for the last layer"}};
}

constinit const MetricOption kIdf{"idf", MetricOption::Kind::flag};
constinit const MetricOption kRescale{"rescale_with_baseline", MetricOption::Kind::flag, rescaling_faults};
constinit const MetricOption kLayers{"num_layers", MetricOption::Kind::other, layer_faults};
constexpr const MetricOption* kOptions[] = {&kIdf, &kRescale, &kLayers};
constexpr const TaskMetric* kParts[] = {&bertscore_precision, &bertscore_recall, &bertscore_f1};
constexpr Range kCosine{-1.0, 1.0};
constinit const OfAnswer kByEncoder{.aggregations = aggregations::kMeans, .options = kOptions};

}  // namespace

score::BertScoreOptions bert_score_options(const Json& entry) {
  score::BertScoreOptions options;
  if (const auto layer = base::integer_at(entry, kLayers.key)) options.layer = static_cast<int>(*layer);
  options.idf = score::python_truth(base::child_at(entry, kIdf.key));
  return options;
}

constinit const TaskMetric bertscore{
    .row = {.name = "bertscore"}, .of_answer = kByEncoder, .stands_for = kParts};
constinit const TaskMetric bertscore_precision{
    .row = {"bertscore_precision", "BERTScore P", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of the cosine of each token of the answer with the nearest token of the "
            "reference, in the token vectors of one layer of an encoder (bert_score, not rescaled). The "
            "record names model, layer and weights of tokens.",
            "no embedding model is named"},
    .of_answer = kByEncoder,
    .of_bert_score = precision,
    .range = kCosine};
constinit const TaskMetric bertscore_recall{
    .row = {"bertscore_recall", "BERTScore R", "", higher_is_better, ratio, kAccuracy,
            "As bertscore_precision, of each token of the reference with the nearest token of the answer.",
            "no embedding model is named"},
    .of_answer = kByEncoder,
    .of_bert_score = recall,
    .range = kCosine};
constinit const TaskMetric bertscore_f1{
    .row = {"bertscore_f1", "BERTScore F1", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of the harmonic mean of the item's BERTScore precision and recall.",
            "no embedding model is named"},
    .of_answer = kByEncoder,
    .of_bert_score = harmonic_mean,
    .range = kCosine};
constinit const TaskMetric embedding_cosine{
    .row = {"embedding_cosine", "Embedding cosine", "", higher_is_better, ratio, kAccuracy,
            "Mean over items of the cosine of the sentence embeddings of answer and reference. The record "
            "names the model.",
            "no embedding model is named"},
    .of_answer = kByEncoder,
    .of_cosine = true,
    .range = kCosine};

}  // namespace bantam::metric
