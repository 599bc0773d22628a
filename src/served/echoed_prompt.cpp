#include "served/echoed_prompt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace bantam::served {
namespace {

using base::ErrorKind;

// Where each token ends in the prompt, up to the one that ends it; empty where they do not add up to it. With
// `has_start` the first one is a token of the server's own and has no text in the prompt.
std::vector<std::size_t> ends_in(std::string_view prompt, const std::vector<TokenLogprob>& tokens,
                                 bool has_start) {
  std::vector<std::size_t> ends;
  std::size_t at = 0;
  if (has_start) ends.push_back(0);
  while (ends.size() < tokens.size() && at < prompt.size()) {
    const std::string& text = tokens[ends.size()].token;
    if (!prompt.substr(at).starts_with(text)) return {};
    at += text.size();
    ends.push_back(at);
  }
  return at == prompt.size() ? ends : std::vector<std::size_t>{};
}

}  // namespace

base::Result<EchoedPrompt> EchoedPrompt::make(const Answer& answer, std::string_view prompt) {
  if (answer.logprobs.empty())
    return base::fail(ErrorKind::bad_input, "the server gives no log-probabilities of the prompt's tokens",
                      "use a server that echoes prompts with them, such as vLLM, or a file of the model");
  EchoedPrompt echoed;
  echoed.ends_ = ends_in(prompt, answer.logprobs, false);
  const bool may_have_start = !answer.logprobs.front().logprob;
  if (echoed.ends_.empty() && may_have_start) echoed.ends_ = ends_in(prompt, answer.logprobs, true);
  std::size_t count = echoed.ends_.size();
  if (answer.usage && answer.usage->prompt_tokens) {
    const auto told = static_cast<std::size_t>(*answer.usage->prompt_tokens);
    if (told > answer.logprobs.size())
      return base::fail(
          ErrorKind::bad_input,
          fmt::format("the server counts {} tokens of the prompt, and gives log-probabilities of {}", told,
                      answer.logprobs.size()),
          "it does not echo prompts as it should: use a file of the model");
    // Tokens without a text may stand at the prompt's end.
    while (!echoed.ends_.empty() && count < told && answer.logprobs[count].token.empty()) {
      echoed.ends_.push_back(prompt.size());
      ++count;
    }
    if (!echoed.ends_.empty() && told != count)
      return base::fail(
          ErrorKind::bad_input,
          fmt::format("the server counts {} tokens of the prompt, but the texts of {} make it up", told,
                      count),
          "where the answer begins is not known: use a file of the model");
    count = told;
  }
  if (count == 0)
    return base::fail(
        ErrorKind::bad_input,
        "the tokens that the server gives do not add up to the prompt, and it does not tell how "
        "many belong to it",
        "use a file of the model");
  echoed.tokens_.assign(answer.logprobs.begin(),
                        answer.logprobs.begin() + static_cast<std::ptrdiff_t>(count));
  return echoed;
}

std::optional<std::size_t> EchoedPrompt::token_behind(std::size_t bytes) const {
  if (bytes == 0 && !ends_.empty()) return ends_.front() == 0 ? 1 : 0;
  const auto end = std::ranges::find(ends_, bytes);
  if (end == ends_.end()) return std::nullopt;
  return static_cast<std::size_t>(end - ends_.begin()) + 1;
}

base::Result<TextScore> EchoedPrompt::score_from(std::size_t first) const {
  if (first >= tokens_.size())
    return base::fail(ErrorKind::bad_input, "the tokens of an answer merge with those of its context",
                      "its likelihood cannot be asked of a server: use a file of the model");
  if (first == 0)
    return base::fail(ErrorKind::bad_input,
                      "the server puts no token before a text: the first one follows nothing, and has no "
                      "likelihood",
                      "a context that is empty cannot be asked of it: use a file of the model");
  TextScore score;
  score.is_greedy = true;
  for (std::size_t i = first; i < tokens_.size(); ++i) {
    const TokenLogprob& token = tokens_[i];
    if (!token.logprob)
      return base::fail(ErrorKind::bad_input,
                        fmt::format("token {} of the prompt has no log-probability", i));
    if (!std::isfinite(*token.logprob) || *token.logprob > 0.0)
      return base::fail(ErrorKind::integrity,
                        fmt::format("token {} of the prompt has the log-probability {}", i, *token.logprob));
    if (!token.is_greatest)
      return base::fail(ErrorKind::bad_input,
                        "the server lists no alternatives of the prompt's tokens: whether they are the most "
                        "probable ones is not known",
                        "use a file of the model");
    score.log_likelihood += *token.logprob;
    score.is_greedy = score.is_greedy && *token.is_greatest;
  }
  return score;
}

}  // namespace bantam::served
