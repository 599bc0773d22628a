#pragma once
// ROUGE-1, -2, -L and -Lsum as rouge_score 0.1.2 computes them (Lin 2004), all four from one reading of the
// texts. Words are runs of [a-z0-9] of the lower-cased text. Knows nothing of languages: other letters
// separate words.

#include <span>
#include <string_view>

namespace bantam::score {

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
