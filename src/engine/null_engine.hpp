#pragma once
// The engine that computes nothing: what is measured with it is the tool's own cost. Its tokens are bytes,
// and an end-of-sequence token.

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.hpp"

namespace bantam::engine {

inline constexpr Token kByteEos = 256;
inline constexpr int kByteVocabulary = 257;

std::vector<Token> byte_tokens(std::string_view text);
// Anything that is no byte is left out.
std::string byte_text(std::span<const Token> tokens);
// The request's tokens, or those of its prompt.
std::vector<Token> byte_prompt(const GenerateRequest& request);

// Every generated token is a letter that follows from its place alone; every token of a continuation has the
// probability 1 / vocabulary; a speed test takes as long as reading the clock twice. `heartbeat` may be null.
std::unique_ptr<Engine> open_null(Capacity capacity, Heartbeat* heartbeat);

}  // namespace bantam::engine
