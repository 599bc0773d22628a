#pragma once
// What all ways of generating have in common: a request's prompt, its room, and what can go wrong.

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "engine/llama/session.hpp"

namespace bantam::engine {

// The request's tokens, or those of its text. bad_input when there are none, or when they leave no room for
// output in the context.
base::Result<std::vector<Token>> prompt_of(const LlamaSession& session, const GenerateRequest& request,
                                           const GenerateOptions& options);

// Tokens that are generated at most behind a prompt of this length.
std::size_t most_tokens_behind(const LlamaSession& session, std::size_t prompt_tokens,
                               const GenerateOptions& options);

// bad_input.
base::Status unknown_token(Token token);
// integrity; wipes the cache, in whose masked cells such values would survive.
base::Status not_finite(LlamaSession& session, std::size_t generated_tokens);

}  // namespace bantam::engine
