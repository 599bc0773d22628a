#pragma once
// A metric of tasks as one object: what it makes of an item, how items add up, what it needs of a model, its
// options in a task file, and its row of the catalogue. Knows nothing of task files, prompts or engines.

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "metric/aggregation.hpp"
#include "metric/catalogue.hpp"
#include "score/bert_score.hpp"
#include "score/choices.hpp"

namespace bantam::metric {

// What a task asks of a model.
enum class OutputType { multiple_choice, loglikelihood, loglikelihood_rolling, generate_until };
inline constexpr std::array kOutputTypes{OutputType::multiple_choice, OutputType::loglikelihood,
                                         OutputType::loglikelihood_rolling, OutputType::generate_until};
std::string_view name(OutputType type);
// Absent when no output type has this name.
std::optional<OutputType> output_type_from(std::string_view text);

// An item of a multiple_choice task: one entry per choice.
struct Choices {
  std::vector<double> log_likelihoods;
  std::vector<double> unconditional;  // log-likelihoods without the question; empty when nobody needs them
  std::vector<bool> is_greedy;        // empty where a classification head has answered
  std::vector<std::int64_t> gold;     // positions of the right choices, at least one
  score::Predictions predictions;
  bool by_classifier = false;
};

// An item of a loglikelihood task.
struct Continuation {
  double log_likelihood = 0.0;
  bool is_greedy = false;
};

// An item of a loglikelihood_rolling task.
struct Document {
  double log_likelihood = 0.0;  // summed over its tokens
  std::size_t words = 0;
  std::size_t bytes = 0;
};

// What a generated answer is worth. A metric that cannot be told for it has neither.
struct AnswerValue {
  std::optional<double> value;  // the answer's own value
  base::Json statistics;        // what adds up over items, where the metric is no mean of values; else null
};
// Compares an answer with at least one reference; with several the best counts.
using AnswerJudge =
    std::function<AnswerValue(const std::string& answer, std::span<const std::string_view> references)>;

struct TaskMetric;

// The values of one item by metric name.
struct ItemScores {
  std::map<std::string, double> values;
  std::map<std::string, base::Json> statistics;

  void set(const TaskMetric& metric, double value);
};

// An option of an entry in metric_list.
struct MetricOption {
  enum class Kind { flag, text, other };
  struct Fault {
    std::string pointer;  // below the option's own, e.g. "/2"; empty: the option itself
    std::string message;
    std::string hint;
  };
  std::string_view key;
  Kind kind = Kind::other;
  std::vector<Fault> (*faults)(const base::Json& value) = nullptr;  // null: any value of the kind will do
  std::string_view without_effect = {};  // why it has none on the metric's default aggregation; empty: it has
};

// What lm-eval's sample log holds of an item for a metric.
enum class LoggedAs {
  value,
  is_greedy,
  log_likelihood,
  gold_and_probabilities,
  gold_and_predicted,
  target_and_answer,
  log_likelihood_and_words,
  log_likelihood_and_bytes,
};

// The least and the greatest value that a metric can have; their mean stays between them, and so does what is
// told of it.
struct Range {
  double low = 0.0;
  double high = 1.0;
};

// How items of one output type give a metric.
template <typename Function>
struct Reading {
  Function value = nullptr;  // null: no value of an item alone, or an encoder gives it
  std::span<const Aggregation* const> aggregations;  // that a task file may name; the first is the default
  std::span<const MetricOption* const> options = {};
  LoggedAs logged_as = LoggedAs::value;
};

// An item's value; absent where the metric is not defined for it.
using OfChoices = Reading<std::optional<double> (*)(const Choices&)>;
using OfContinuation = Reading<std::optional<double> (*)(const Continuation&)>;
using OfDocument = Reading<std::optional<double> (*)(const Document&)>;
// Makes the judge that the entry's options ask for. bad_input for a pattern that does not compile, storage
// for a dictionary that cannot be read.
using OfAnswer = Reading<base::Result<AnswerJudge> (*)(const base::Json& entry)>;

struct TaskMetric {
  Metric row;  // of the catalogue; without a title it is a name in task files only

  // Absent: the output type does not give the metric.
  std::optional<OfChoices> of_choices = {};
  std::optional<OfContinuation> of_continuation = {};
  std::optional<OfDocument> of_document = {};
  std::optional<OfAnswer> of_answer = {};

  // What it needs beside the model's answer to the question.
  bool needs_texts = false;          // of_choices: likelihoods or lengths of the choices' texts
  bool needs_unconditional = false;  // of_choices: the choices' log-likelihoods without the question
  double (*of_bert_score)(const score::BertScore&) = nullptr;  // of_answer: from an encoder's BERTScore
  bool of_cosine = false;                                      // of_answer: from an encoder's embeddings
  const TaskMetric* without_wordnet = nullptr;  // it needs WordNet; what is computed where that is missing

  std::span<const TaskMetric* const> stands_for = {};  // in task files: short for these
  bool right_or_wrong = false;                         // 0 or 1 on every item
  std::optional<Range> range = {};                     // absent: without an end, or not known
  // The other leads where a task asks for both (leading_score).
  const TaskMetric* yields_to = nullptr;
  const TaskMetric* micro = nullptr;      // of a group: the two averages that bear a name of their own;
  const TaskMetric* macro = nullptr;      // null for metrics that have none
  bool told_from_chance = false;          // warned of when it cannot be told from guessing
  bool without_error_in_lm_eval = false;  // lm-eval gives no standard error

  std::string_view name() const { return row.name; }
  bool needs_encoder() const { return of_bert_score != nullptr || of_cosine; }
};

// The aggregations and options for one output type; absent when it does not give the metric.
struct Rules {
  std::span<const Aggregation* const> aggregations;
  std::span<const MetricOption* const> options;
  LoggedAs logged_as = LoggedAs::value;
};
std::optional<Rules> rules(const TaskMetric& metric, OutputType type);

// All of them, in the order of the catalogue.
std::span<const TaskMetric* const> task_metrics();
// Null when there is no such metric.
const TaskMetric* find_task_metric(std::string_view name);
// The default ones of a task without a metric_list.
std::span<const TaskMetric* const> default_metrics(OutputType type);
// Options that any metric takes in a task file, and those that have no effect here.
std::span<const MetricOption* const> common_options();

// `num_layers` and `idf` of a task file's entry, as bert_score calls them.
score::BertScoreOptions bert_score_options(const base::Json& entry);

inline constexpr const char* kNoEmbeddingModel =
    "no embedding model is named: add --embedding-model FILE.gguf (all-MiniLM-L6-v2 or any other in GGUF)";

}  // namespace bantam::metric
