#pragma once
// Text to tokens and back, by the model's own tokenizer as llama.cpp has it.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "llama.h"

namespace bantam::engine {

// `add_special`: with the tokens that the model wants around a text; else without BOS and EOS. bad_input when
// the tokenizer refuses the text.
base::Result<std::vector<Token>> text_tokens(const llama_vocab* vocabulary, std::string_view text,
                                             bool parse_special, bool add_special = false);

// Appends what the token adds to the text; special tokens add nothing. Bytes, not always whole UTF-8
// characters. A SentencePiece token at the start of a text keeps its leading space.
void append_piece(const llama_vocab* vocabulary, Token token, std::string& text);

// The pieces of the tokens, as they stand inside a text.
std::string token_text(const llama_vocab* vocabulary, std::span<const Token> tokens);

// The text of generated tokens as decode() of Transformers gives it for them alone, special tokens skipped: a
// tokenizer that puts a space before the first word takes one space off the start of a text. Spaces are not
// cleaned up otherwise. One object follows one growing text.
class AnswerText {
 public:
  explicit AnswerText(const llama_vocab* vocabulary);
  void append(Token token, std::string& text);

 private:
  const llama_vocab* vocabulary_;
  bool drops_space_;  // of what comes next
};

}  // namespace bantam::engine
