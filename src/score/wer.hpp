#pragma once
// Word error rate as the package jiwer 4.0.0 computes it for the metric `wer` of the package evaluate: edits
// of words (Levenshtein) / words of the reference. Pure functions.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::score {

// jiwer's default transform: runs of two and more white spaces become one blank, the ends are stripped, and
// blanks separate words. A single tab or line break belongs to its word, as there.
std::vector<std::string> jiwer_words(std::string_view text);

// 0 where all words are right; may exceed 1. Absent for a reference without words, where evaluate divides by
// zero.
std::optional<double> word_error_rate(std::string_view answer, std::string_view reference);

}  // namespace bantam::score
