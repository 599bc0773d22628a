#pragma once
// The metrics and filters of a task file: which metrics there are, what they need of an item and how they are
// aggregated. The one table behind checks, scoring and docs/tasks.md.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "score/bert_score.hpp"
#include "task/task.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {

// What an item holds for a metric.
enum class ItemValue {
  number,          // a value of its own, in Item::metrics
  log_likelihood,  // its log-likelihood; exp(-it) in Item::metrics
  weighted,        // log-likelihood and words or bytes
  labels,          // the right and the predicted class
  statistics,      // counts that add up over items, in content["statistics"]
  from_encoder,    // as number, once an encoder has compared the answers (encoder_metrics.hpp)
  nothing,         // bypass
};

struct MetricRule {
  std::string_view name;
  ItemValue value;
  std::string_view aggregation;   // the default
  std::string_view output_types;  // that give it, separated by spaces
};
std::span<const MetricRule> metric_rules();
// Null when there is no such metric, or not for this output type.
const MetricRule* find_metric_rule(std::string_view name, OutputType type);
// Of a metric that a process_results function gives.
const MetricRule* find_metric_rule(std::string_view name, KnownFunction process_results);
// Of a metric of a checked task.
const MetricRule& metric_rule(const Task& task, const MetricSpec& metric);

// The aggregations that fit what an item holds.
std::vector<std::string_view> aggregations_for(const MetricRule& rule);

// metric_list, or the output type's default one. Problems go to the reader.
void read_metrics(TaskReader& reader, Task& task);
void read_filters(TaskReader& reader, Task& task);

// "bertscore_precision", "bertscore_recall", "bertscore_f1", "embedding_cosine".
bool needs_encoder(std::string_view metric);
// One of the three.
bool is_bert_score_part(std::string_view metric);
bool needs_encoder(const Task& task);

inline constexpr const char* kNoEmbeddingModel =
    "no embedding model is named: add --embedding-model FILE.gguf (all-MiniLM-L6-v2 or any other in GGUF)";

// The name in a task file that stands for all three.
inline constexpr std::string_view kBertScore = "bertscore";
inline constexpr std::string_view kBertScoreParts[] = {"bertscore_precision", "bertscore_recall",
                                                       "bertscore_f1"};
inline constexpr std::string_view kEmbeddingCosine = "embedding_cosine";

// `num_layers` and `idf` of a task file's entry, as bert_score calls them.
score::BertScoreOptions bert_score_options(const base::Json& entry);

}  // namespace bantam::task
