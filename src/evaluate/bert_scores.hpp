#pragma once
// BERTScore of texts: an encoder's token vectors at one layer, compared as score/bert_score.hpp does. Each
// text is encoded once however often it occurs. Knows nothing of files or of who opens the model.

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
};

// One score a pair, in order: of several references the best precision, recall and F1, each by itself. Texts
// are stripped and cut to what the encoder takes; the last token stays. The errors of the encoder. `encoder`
// computes up to `at_once` sequences at a time.
base::Result<std::vector<score::BertScore>> bert_scores(engine::TokenEncoder& encoder,
                                                        std::span<const TextPair> pairs,
                                                        const BertScoreOptions& options, int at_once);

// "bertscore_all-MiniLM-L6-v2_L6", with "_idf" at the end where it is weighted: a BERTScore means nothing
// without the model and the layer.
std::string bert_score_name(std::string_view model, int layer, bool idf);

}  // namespace bantam::evaluate
