#pragma once
// A template's tokens, read one after the other.

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/lexer.hpp"

namespace bantam::jinja {

using Names = std::vector<std::string_view>;

class TokenReader {
 public:
  // The last of the tokens is `end`, and stays the current one when it is reached.
  explicit TokenReader(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& now() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool is_op(std::string_view text) const { return now().type == TokenType::op && now().text == text; }
  bool is_name(std::string_view text) const { return now().type == TokenType::name && now().text == text; }
  bool is_any(const Names& names) const;
  // The current token, for messages.
  std::string described() const;

  void skip();
  // Whether it was there.
  bool skip_op(std::string_view text);
  bool skip_name(std::string_view text);
  // An error where it is not there.
  Status expect_op(std::string_view text);
  Status expect(TokenType type, std::string_view what);
  Result<std::string> expect_name();

 private:
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace bantam::jinja
