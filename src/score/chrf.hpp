#pragma once
// chrF, chrF+ and chrF++ as sacrebleu 2.6.0 computes them (Popovic 2015, 2017), for one sentence or a corpus.

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "score/ngrams.hpp"

namespace bantam::score {

struct ChrfOptions {
  int char_order = 6;
  int word_order = 0;  // 1: chrF+, 2: chrF++
  int beta = 2;        // weight of recall
  bool lower_case = false;
  bool white_space = false;        // count white space among the characters
  bool epsilon_smoothing = false;  // average over all orders, absent ones as 1e-16
};

// For each order, characters first: n-grams of the prediction, of the reference, matches. With
// several references, those of the one with the best score.
TextStats chrf_stats(std::string_view prediction, std::span<const std::string_view> references,
                     const ChrfOptions& options);

// 0..100, from one item's statistics or a sum. 0 for empty statistics.
double chrf_score(std::span<const double> stats, const ChrfOptions& options);

}  // namespace bantam::score
