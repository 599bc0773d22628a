#pragma once
// BERTScore of texts: an encoder's token vectors at one layer, compared as score/bert_score.hpp does. Knows
// nothing of files or of who opens the model.

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/encoder.hpp"
#include "score/bert_score.hpp"

namespace bantam::evaluate {

// One answer and what it is compared with; at least one reference.
struct TextPair {
  std::string prediction;
  std::vector<std::string> references;
};

struct BertScoreOptions {
  int layer = 0;     // 1 is the first; 0: the last
  bool idf = false;  // tokens weighted by their rarity in the references of all pairs

  bool operator==(const BertScoreOptions&) const = default;
};

struct ScoredPair {
  score::BertScore score;
  bool cut = false;  // one of its texts was longer than the encoder takes
};

// Of several references the best precision, recall and F1, each by itself. Texts are stripped and cut to what
// the encoder takes; the last token stays.
class BertScorer {
 public:
  // `references`: of the whole run, each as often as it is compared with; read with `idf` only. `encoder`
  // computes up to `at_once` sequences at a time, and must outlive this.
  static base::Result<BertScorer> make(engine::TokenEncoder& encoder, const BertScoreOptions& options,
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

// Pairs whose token vectors are held at once: 384 floats a token make 10 MB of 64 pairs of 50 tokens.
inline constexpr std::size_t kPairsAtOnce = 64;

// One score a pair, in order, all at once; idf counts the pairs' own references.
base::Result<std::vector<score::BertScore>> bert_scores(engine::TokenEncoder& encoder,
                                                        std::span<const TextPair> pairs,
                                                        const BertScoreOptions& options, int at_once);

// Cuts to `most` tokens; the last one stays, since it ends a sequence for the encoder. True when it was
// longer.
bool cut_sequence(std::vector<engine::Token>& tokens, int most);

// "bertscore_all-MiniLM-L6-v2_L6", with "_idf" at the end where it is weighted: a BERTScore means nothing
// without the model and the layer.
std::string bert_score_name(std::string_view model, int layer, bool idf);

}  // namespace bantam::evaluate
