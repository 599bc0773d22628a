#pragma once
// A generated answer against a reference: lm-eval's exact_match and the SQuAD v1.1 measures. Pure functions.

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

}  // namespace bantam::score
