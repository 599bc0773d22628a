#pragma once
// Metrics of written answers that need an encoder: BERTScore and the cosine of embeddings. They are computed
// from stored items after all answers are there, so that the model that answers and the encoder are never in
// memory together. Knows nothing of stores, files or processes.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/encoder.hpp"
#include "evaluate/bert_scores.hpp"
#include "evaluate/task.hpp"
#include "record/record.hpp"

namespace bantam::evaluate {

// "bertscore_precision", "bertscore_recall", "bertscore_f1", "embedding_cosine".
bool needs_encoder(std::string_view metric);
bool needs_encoder(const Task& task);

inline constexpr const char* kNoEmbeddingModel =
    "no embedding model is named: add --embedding-model FILE.gguf (all-MiniLM-L6-v2 or any other in GGUF)";

// The name in a task file that stands for all three.
inline constexpr std::string_view kBertScore = "bertscore";
inline constexpr std::string_view kBertScoreParts[] = {"bertscore_precision", "bertscore_recall",
                                                       "bertscore_f1"};
inline constexpr std::string_view kEmbeddingCosine = "embedding_cosine";

// `num_layers` and `idf` of a task file's entry, as bert_score calls them.
BertScoreOptions bert_score_options(const base::Json& entry);

// Answers of one task through one of its filters, and what an encoder is to tell of them.
struct AnswerSet {
  std::string task;
  std::vector<std::string> keys;           // of the items' metrics: "bertscore_f1,strict"; all of one kind
  BertScoreOptions options;                // of BERTScore
  std::vector<std::string> references;     // of all the task's answers, where tokens are weighted by rarity
  std::vector<std::int64_t> doc_ids = {};  // of the pairs, ascending
  std::vector<TextPair> pairs = {};        // those without a value yet

  bool is_bert_score() const;
};
base::Json to_json(const AnswerSet& set);
AnswerSet answer_set_from(const base::Json& json);

struct WaitingAnswers {
  std::vector<AnswerSet> sets;  // none without pairs
  // Hold the longest answer or reference of all tasks, compared or not, with its special tokens: no token is
  // shorter than a byte.
  std::int64_t most_tokens = 0;
};
// What the tasks' metrics ask of an encoder and the items do not hold yet. Answers that ended inside their
// block of thought are not compared.
WaitingAnswers waiting_answers(std::span<const Task> leaves, const std::vector<record::Item>& items);

// One batch of what is to be added to the items (store::Store::extend_items): the values, and
// `encoder_truncated` where a text was longer than the encoder takes. An error ends the comparison.
using OnAdditions = std::function<base::Status(std::vector<record::Item>)>;

// Batches follow from the order of doc_id alone: 64 pairs at a time, so that a resumed comparison computes
// the same bits. The errors of the encoder.
base::Status add_bert_scores(engine::TokenEncoder& encoder, const AnswerSet& set, int at_once,
                             const OnAdditions& on_additions);
// Of several references the nearest one counts. No value where an embedding is 0.
base::Status add_cosines(engine::Encoder& encoder, const AnswerSet& set, const OnAdditions& on_additions);

}  // namespace bantam::evaluate
