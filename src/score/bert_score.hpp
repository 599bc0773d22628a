#pragma once
// How alike two embeddings are: the cosine of two vectors, and BERTScore of two texts' token vectors. Pure
// functions; know nothing of the model that made them.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

namespace bantam::score {

// a.b / (|a| |b|) in double, -1 to 1, as sentence-transformers computes it for normalized vectors. Both are
// equally long. Absent when one of them is 0 or has a component that is not finite.
std::optional<double> cosine(std::span<const float> a, std::span<const float> b);

// BERTScore (Zhang et al. 2020) from token vectors, as bert_score 0.3.13 computes it without rescaling: every
// token is matched with the most similar one of the other text.

// A text's tokens, special ones included, and one vector each: token i's components lie at i * width. At
// least one token; all vectors that are compared are equally wide.
struct TokenVectors {
  std::vector<std::int32_t> tokens;
  std::vector<float> components;
  std::size_t width = 0;
};

// How much a token counts in the average over its text.
class TokenWeights {
 public:
  // 1, but 0 for the special tokens ([CLS] and [SEP]).
  static TokenWeights plain(std::span<const std::int32_t> special_tokens);
  // Inverse document frequency over a whole run's references: ln((N + 1) / (n + 1)) for a token that n of the
  // N references hold.
  static TokenWeights inverse_frequency(std::span<const std::vector<std::int32_t>> references);

  double of(std::int32_t token) const;

 private:
  std::unordered_map<std::int32_t, double> known_;
  double others_ = 1.0;
};

struct BertScore {
  double precision = 0.0;
  double recall = 0.0;
  double f1 = 0.0;
};

// All 0 when one of the texts has nothing but its two special tokens, or no token with weight.
BertScore bert_score(const TokenVectors& prediction, const TokenVectors& reference,
                     const TokenWeights& weights);

// The largest precision, recall and F1 over the references, each taken by itself. All 0 without references.
BertScore bert_score_best(const TokenVectors& prediction, std::span<const TokenVectors* const> references,
                          const TokenWeights& weights);

struct BertScoreOptions {
  std::optional<int> layer = {};  // 1 is the first; absent: the last
  bool idf = false;               // tokens weighted by their rarity in the references of all pairs

  bool operator==(const BertScoreOptions&) const = default;
};

}  // namespace bantam::score
