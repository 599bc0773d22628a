#pragma once
// The tokenizer of the engines without a model: one token a byte, and an end-of-sequence token.

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

}  // namespace bantam::engine
