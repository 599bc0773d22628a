#pragma once
// Whether an answer follows the checkable instructions of IFEval (Zhou et al. 2023, arXiv 2311.07911), with
// the rules of lm-evaluation-harness 0.4.13's task `ifeval`. Knows nothing of items or models.
//
// It differs in two places: sentences are counted by Unicode's boundaries, not by nltk's trained Punkt model,
// and the language of an answer is not looked at: `language:response_language` is unchecked, and the two
// instructions on English capitals and small letters judge the letters only.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::score {

enum class Followed { no, yes, unchecked };

struct Instruction {
  std::string kind;  // "length_constraints:number_words", ...
  base::Json
      arguments;  // {"num_words": 200, "relation": "at least"}, null for arguments that belong to other kinds
};

// bad_input when the kind is not known or an argument that it needs is missing.
base::Result<Followed> follows(const Instruction& instruction, std::string_view answer);

struct InstructionVerdicts {
  std::vector<Followed> strict;  // one per instruction; an empty answer follows none
  std::vector<Followed>
      loose;  // followed by the answer, or by it without its first line, last line or asterisks
};

// The same errors.
base::Result<InstructionVerdicts> judge_instructions(const std::vector<Instruction>& instructions,
                                                     std::string_view answer);

}  // namespace bantam::score
