#pragma once
// A generated answer against references: lm-eval's exact_match, the measures of SQuAD v1.1, and those of
// SQuAD 2.0, whose questions may have no answer, as its evaluation script computes them. Pure functions.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "score/pattern.hpp"

namespace bantam::score {

// Applied to both sides in this order before they are compared (lm-eval 0.4.13, exact_match_hf_evaluate).
struct ExactMatchOptions {
  std::vector<Pattern> regexes_to_ignore;
  bool ignore_case = false;
  bool ignore_punctuation = false;
  bool ignore_numbers = false;
};

// bad_input when a pattern of the options runs out of time.
base::Result<bool> exact_match(std::string_view answer, std::string_view reference,
                               const ExactMatchOptions& options);

// SQuAD v1.1: lower case, no punctuation, no articles, single spaces.
std::string squad_normalized(std::string_view text);
bool squad_exact_match(std::string_view answer, std::string_view reference);
// F1 over the normalized words as multisets; 0 when none is shared.
double squad_f1(std::string_view answer, std::string_view reference);

// Of SQuAD 2.0, with the normalization of v1.1.
struct SquadV2Item {
  bool exact = false;
  double f1 = 0.0;  // 0..1
  bool has_answer = false;
};

// F1 of two answers; without a word on either side 1 when both have none, else 0.
double squad_answer_f1(std::string_view prediction, std::string_view gold);

// `prediction`: empty for "no answer". The best of the gold answers; those that normalize to nothing are left
// out, and where none is left the empty answer is right.
SquadV2Item squad_v2_item(std::string_view prediction, std::span<const std::string_view> gold_answers);

}  // namespace bantam::score
