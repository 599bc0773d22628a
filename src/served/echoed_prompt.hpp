#pragma once
// The tokens of a prompt that a server has echoed with their log-probabilities, and what they say of a part
// of its text. Pure.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "served/answer.hpp"
#include "served/stream_event.hpp"

namespace bantam::served {

struct TextScore {
  double log_likelihood = 0.0;  // sum of natural-log probabilities of the tokens
  bool is_greedy = false;       // each was the most probable one at its place
};

class EchoedPrompt {
 public:
  // `answer`: to a request with `echo` and logprobs for `prompt`, and one more token. bad_input where the
  // tokens of the prompt cannot be told from what was generated behind it: they do not add up to its text,
  // and the server tells no count of them, or another one than they add up to.
  static base::Result<EchoedPrompt> make(const Answer& answer, std::string_view prompt);

  // Tokens of the prompt, with those that the server has put before it.
  std::size_t size() const { return tokens_.size(); }

  // The first token behind `bytes` of the prompt. Absent where a token lies on both sides of that place, or
  // where the texts of tokens do not add up: then a prompt of these bytes alone tells how many they have.
  std::optional<std::size_t> token_behind(std::size_t bytes) const;

  // Of the tokens from `first` on. bad_input where there are none, where the first token has nothing before
  // it that it could follow, and where alternatives are not listed; integrity for a value that is no
  // log-probability.
  base::Result<TextScore> score_from(std::size_t first) const;

 private:
  std::vector<TokenLogprob> tokens_;
  std::vector<std::size_t> ends_;  // of each token, in bytes of the prompt; empty: not known
};

}  // namespace bantam::served
