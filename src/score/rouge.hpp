#pragma once
// ROUGE-1, -2, -L and -Lsum as rouge_score 0.1.2 computes them (Lin 2004), all four from one reading of the
// texts. Words are runs of [a-z0-9] of the lower-cased text. Knows nothing of languages: other letters
// separate words.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "score/ngrams.hpp"

namespace bantam::score {

// One sequence of integers, prepared for its longest common subsequences with others: 64 cells of the table
// at a time (Hyyro 2004, "Bit-parallel LCS-length computation revisited").
class LcsTable {
 public:
  // Ids of both sides lie below `id_count`.
  LcsTable(Ids reference, std::uint32_t id_count);

  std::int64_t length(Ids other) const;

  // Sets marked[i] for the positions i of the reference in one longest common subsequence: read back from
  // the end, a step back in `other` is taken only where it is the only one that keeps the length.
  void mark(Ids other, std::vector<bool>& marked) const;

 private:
  std::vector<std::uint64_t> advance(Ids other, std::vector<std::uint64_t>* rows) const;

  Ids reference_;
  std::size_t blocks_ = 0;
  std::vector<std::uint32_t> first_;      // by id: where its positions start in positions_
  std::vector<std::uint32_t> positions_;  // of the reference, grouped by id
};

// 0..1; all 0 when a side has no words.
struct RougeScore {
  double precision = 0.0;
  double recall = 0.0;
  double f1 = 0.0;
};

struct RougeScores {
  RougeScore rouge1;
  RougeScore rouge2;
  RougeScore rouge_l;
  RougeScore rouge_lsum;  // over lines: union of longest common subsequences, counts clipped
};

struct RougeOptions {
  bool stem = false;  // Porter's stemmer on words of more than 3 letters
};

RougeScores rouge(std::string_view prediction, std::string_view reference, const RougeOptions& options);

// For each type the score of the reference with the highest F1, the first of equals. All 0 without
// references.
RougeScores rouge_best(std::string_view prediction, std::span<const std::string_view> references,
                       const RougeOptions& options);

}  // namespace bantam::score
