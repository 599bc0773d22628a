#pragma once
// A made-up vocabulary of a given size in the form that one of llama.cpp's tokenizers reads. English text
// takes about one token for three characters: its pieces are of up to four letters, those with common letters
// first. It is nobody's real vocabulary; prompts are counted in its tokens.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "shape/shape.hpp"

namespace bantam::shape {

// The numbers are those on disk (tokenizer.ggml.token_type).
enum class TokenKind : std::int32_t { normal = 1, unknown = 2, control = 3, unused = 5, byte = 6 };

struct ShapeVocabulary {
  std::vector<std::string> tokens;  // all different
  std::vector<TokenKind> kinds;     // one per token
  std::vector<float> scores;        // llama: one per token; else empty
  std::vector<std::string> merges;  // gpt2: "left right", most urgent first; else empty
  std::int64_t bos = 0;             // token ids; an encoder's first and last token
  std::int64_t eos = 0;
  std::optional<std::int64_t> unknown, padding, mask;
};

// For the shape's tokenizer and number of tokens (kLeastVocabulary to kMostVocabulary).
ShapeVocabulary make_vocabulary(const Shape& shape);

inline constexpr std::int64_t kLeastVocabulary = 16'384;
inline constexpr std::int64_t kMostVocabulary = 400'000;

bool is_known_tokenizer(std::string_view tokenizer);

}  // namespace bantam::shape
