#include "engine/llama/text.hpp"

#include <fmt/format.h>
#include <array>
#include <exception>
#include <limits>

namespace bantam::engine {

base::Result<std::vector<Token>> text_tokens(const llama_vocab* vocabulary, std::string_view text,
                                             bool parse_special, bool add_special) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
    return base::fail(base::ErrorKind::bad_input, fmt::format("text of {} bytes is too long", text.size()));
  }
  const auto length = static_cast<std::int32_t>(text.size());
  try {
    // No tokenizer makes more tokens than bytes, but for a leading space of its own.
    std::vector<Token> tokens(text.size() + 2);
    auto room = static_cast<std::int32_t>(tokens.size());
    std::int32_t count =
        llama_tokenize(vocabulary, text.data(), length, tokens.data(), room, add_special, parse_special);
    if (count < 0 && count != std::numeric_limits<std::int32_t>::min()) {
      room = -count;
      tokens.resize(static_cast<std::size_t>(room));
      count =
          llama_tokenize(vocabulary, text.data(), length, tokens.data(), room, add_special, parse_special);
    }
    if (count >= 0) {
      tokens.resize(static_cast<std::size_t>(count));
      return tokens;
    }
  } catch (const std::exception& error) {
    return base::fail(base::ErrorKind::bad_input, fmt::format("text cannot be tokenized: {}", error.what()));
  }
  return base::fail(base::ErrorKind::bad_input, "text cannot be tokenized");
}

void append_piece(const llama_vocab* vocabulary, Token token, std::string& text) {
  std::array<char, 256> piece;
  const auto room = static_cast<std::int32_t>(piece.size());
  const std::int32_t length = llama_token_to_piece(vocabulary, token, piece.data(), room, 0, false);
  if (length >= 0) {
    text.append(piece.data(), static_cast<std::size_t>(length));
    return;
  }
  const std::size_t before = text.size();
  text.resize(before + static_cast<std::size_t>(-length));
  llama_token_to_piece(vocabulary, token, text.data() + before, -length, 0, false);
}

std::string token_text(const llama_vocab* vocabulary, std::span<const Token> tokens) {
  std::string text;
  for (const Token token : tokens) append_piece(vocabulary, token, text);
  return text;
}

}  // namespace bantam::engine
