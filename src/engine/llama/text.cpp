#include "engine/llama/text.hpp"

#include <fmt/format.h>
#include <array>
#include <exception>
#include <limits>

namespace bantam::engine {
namespace {

// Whether the tokenizer puts a space before the first word and takes it off again. llama.cpp tells it by what
// its own decoding does to a piece that begins with a space, and to no other piece. In a byte-level BPE the
// setting is for encoding only.
bool takes_space_off(const llama_vocab* vocabulary) {
  const auto type = llama_vocab_type(vocabulary);
  if (type != LLAMA_VOCAB_TYPE_SPM && type != LLAMA_VOCAB_TYPE_UGM) return false;
  std::string piece;
  for (Token token = 0; token < llama_vocab_n_tokens(vocabulary); ++token) {
    piece.clear();
    append_piece(vocabulary, token, piece);
    if (!piece.starts_with(' ')) continue;
    std::string alone(piece.size() + 1, '\0');
    const std::int32_t length = llama_detokenize(vocabulary, &token, 1, alone.data(),
                                                 static_cast<std::int32_t>(alone.size()), false, false);
    return length + 1 == static_cast<std::int32_t>(piece.size());
  }
  return false;
}

}  // namespace

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

AnswerText::AnswerText(const llama_vocab* vocabulary)
    : vocabulary_(vocabulary), drops_space_(takes_space_off(vocabulary)) {}

void AnswerText::append(Token token, std::string& text) {
  const std::size_t before = text.size();
  append_piece(vocabulary_, token, text);
  if (!drops_space_ || text.size() == before) return;
  drops_space_ = false;
  if (text[before] == ' ') text.erase(before, 1);
}

}  // namespace bantam::engine
