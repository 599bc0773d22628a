#pragma once
// Prompt lookup decoding (Saxena 2023, github.com/apoorvumang/prompt-lookup-decoding): what followed the
// newest tokens where they stood before, in the prompt or in the output, is proposed again.

#include "engine/speculation.hpp"

namespace bantam::engine {

class PromptLookup final : public Proposer {
 public:
  // The longest run of newest tokens that is found, of kLongest down to kShortest tokens, counts; of several
  // places the latest one. A text that repeats itself is continued in the same way.
  static constexpr std::size_t kLongest = 4;
  static constexpr std::size_t kShortest = 2;

  base::Status propose(std::span<const Token> text, std::size_t most, std::vector<Token>& draft) override;
};

}  // namespace bantam::engine
