#pragma once
// Metrics of written answers that need an encoder: BERTScore, an encoder's token vectors at one layer
// compared as score/bert_score.hpp does, and the cosine of embeddings. They are computed from stored items
// after all answers are there, so that the model that answers and the encoder are never in memory together.
// Knows nothing of stores, files or processes.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/engine.hpp"
#include "metric/task_metric.hpp"
#include "record/record.hpp"
#include "score/bert_score.hpp"
#include "task/task.hpp"

namespace bantam::evaluate {

// One answer and what it is compared with; at least one reference.
struct TextPair {
  std::string prediction;
  std::vector<std::string> references;
};

struct ScoredPair {
  score::BertScore score;
  bool cut = false;  // one of its texts was longer than the encoder takes
};

// With several references the best precision, recall and F1 count, each by itself. Texts are stripped and cut
// to what the encoder takes; the last token stays.
class BertScorer {
 public:
  // `references`: of the whole run, each as often as it is compared with; read with `idf` only. `encoder`
  // computes up to `at_once` sequences at a time, and must outlive this.
  static base::Result<BertScorer> make(engine::TokenEncoder& encoder, const score::BertScoreOptions& options,
                                       std::span<const std::string> references, int at_once);

  // In order. The vectors of all texts of these pairs are held at once; they are the same bits whatever was
  // scored before. The errors of the encoder.
  base::Result<std::vector<ScoredPair>> score(std::span<const TextPair> pairs);

 private:
  struct Tokens {
    std::vector<engine::Token> ids;
    bool cut = false;
  };
  BertScorer(engine::TokenEncoder& encoder, int layer, int at_once);

  base::Result<const Tokens*> tokens(const std::string& text);
  base::Status encode(std::span<const TextPair> pairs);
  base::Status encode_batch(std::span<const std::string* const> texts);

  engine::TokenEncoder* encoder_;
  int layer_;
  std::size_t at_once_;
  score::TokenWeights weights_;
  std::map<std::string, Tokens> tokens_;
  std::map<std::string, score::TokenVectors> vectors_;
};

// Pairs whose token vectors are held at once: 384 floats per token make 10 MB of 64 pairs of 50 tokens.
inline constexpr std::size_t kPairsAtOnce = 64;

// Cuts to `most` tokens, where there is a limit; the last one stays, since it ends a sequence for the
// encoder. True when it was longer.
bool cut_sequence(std::vector<engine::Token>& tokens, std::optional<int> most);

// "bertscore_all-MiniLM-L6-v2_L6", with "_idf" at the end where it is weighted: a BERTScore means nothing
// without the model and the layer.
std::string bert_score_name(std::string_view model, int layer, bool idf);

// Answers of one task through one of its filters, and what an encoder is to tell of them.
struct AnswerSet {
  std::string task;
  std::vector<std::string> keys;           // of the items' metrics: "bertscore_f1,strict"; all of one kind
  score::BertScoreOptions options;         // of BERTScore
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
WaitingAnswers waiting_answers(std::span<const task::Task> leaves, const std::vector<record::Item>& items);

// One batch of what is to be added to the items (store::Store::extend_items): the values, and
// `encoder_truncated` where a text was longer than the encoder takes. An error ends the comparison.
using OnAdditions = std::function<base::Status(std::vector<record::Item>)>;

// Batches follow from the order of doc_id alone: 64 pairs at a time, so that a resumed comparison computes
// the same bits. The errors of the encoder.
base::Status add_bert_scores(engine::TokenEncoder& encoder, const AnswerSet& set, int at_once,
                             const OnAdditions& on_additions);
// With several references the nearest one counts. No value where an embedding is 0.
base::Status add_cosines(engine::Encoder& encoder, const AnswerSet& set, const OnAdditions& on_additions);

}  // namespace bantam::evaluate
