#include "engine/byte_tokens.hpp"

namespace bantam::engine {

std::vector<Token> byte_tokens(std::string_view text) {
  std::vector<Token> tokens;
  tokens.reserve(text.size());
  for (const char byte : text) tokens.push_back(static_cast<unsigned char>(byte));
  return tokens;
}

std::string byte_text(std::span<const Token> tokens) {
  std::string text;
  text.reserve(tokens.size());
  for (const Token token : tokens) {
    if (token >= 0 && token < kByteEos) text.push_back(static_cast<char>(static_cast<unsigned char>(token)));
  }
  return text;
}

std::vector<Token> byte_prompt(const GenerateRequest& request) {
  return request.tokens.empty() ? byte_tokens(request.prompt) : request.tokens;
}

}  // namespace bantam::engine
