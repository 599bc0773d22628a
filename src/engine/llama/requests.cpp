#include "engine/llama/requests.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/llama/text.hpp"

namespace bantam::engine {

using base::ErrorKind;
using base::fail;

base::Result<std::vector<Token>> prompt_of(const LlamaSession& session, const GenerateRequest& request,
                                           const GenerateOptions& options) {
  std::vector<Token> prompt = request.tokens;
  if (prompt.empty()) {
    TRY_ASSIGN(prompt, text_tokens(session.vocabulary(), request.prompt, options.parse_special));
  }
  if (prompt.empty())
    return fail(ErrorKind::bad_input, "a prompt has no tokens", "give a prompt that is not empty");
  if (std::ssize(prompt) >= session.request_tokens()) {
    return fail(ErrorKind::bad_input,
                fmt::format("a prompt of {} tokens leaves no room for output in a context of {} tokens",
                            prompt.size(), session.request_tokens()),
                "shorten the prompt, or raise max_model_len");
  }
  return prompt;
}

std::size_t most_tokens_behind(const LlamaSession& session, std::size_t prompt_tokens,
                               const GenerateOptions& options) {
  const int room = session.request_tokens() - static_cast<int>(prompt_tokens);
  return static_cast<std::size_t>(std::max(0, std::min(options.max_new_tokens, room)));
}

base::Status unknown_token(Token token) {
  return fail(ErrorKind::bad_input, fmt::format("token {} is not in the vocabulary", token));
}

base::Status not_finite(LlamaSession& session, std::size_t generated_tokens) {
  session.wipe();
  return fail(ErrorKind::integrity,
              fmt::format("logits are not finite after {} generated tokens", generated_tokens),
              "the weights or a kernel are broken: check the file's hash, then try without repacking");
}

}  // namespace bantam::engine
