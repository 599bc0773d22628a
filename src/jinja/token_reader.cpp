#include "jinja/token_reader.hpp"

#include "jinja/errors.hpp"

namespace bantam::jinja {

bool TokenReader::is_any(const Names& names) const {
  return now().type == TokenType::name && std::find(names.begin(), names.end(), now().text) != names.end();
}

std::string TokenReader::described() const {
  switch (now().type) {
    case TokenType::end:
      return "the end of the template";
    case TokenType::block_end:
      return "the end of the block";
    case TokenType::variable_end:
      return "the end of the print statement";
    case TokenType::data:
      return "text";
    case TokenType::string:
      return "a string";
    case TokenType::integer:
    case TokenType::real:
      return "a number";
    default:
      return fmt::format("'{}'", now().text);
  }
}

void TokenReader::skip() {
  if (at_ + 1 < tokens_.size()) ++at_;
}

bool TokenReader::skip_op(std::string_view text) {
  if (!is_op(text)) return false;
  skip();
  return true;
}

bool TokenReader::skip_name(std::string_view text) {
  if (!is_name(text)) return false;
  skip();
  return true;
}

Status TokenReader::expect_op(std::string_view text) {
  if (skip_op(text)) return {};
  return raised(fmt::format("expected '{}', got {}", text, described()));
}

Status TokenReader::expect(TokenType type, std::string_view what) {
  if (now().type != type) return raised(fmt::format("expected {}, got {}", what, described()));
  skip();
  return {};
}

Result<std::string> TokenReader::expect_name() {
  if (now().type != TokenType::name) return raised(fmt::format("expected a name, got {}", described()));
  std::string name = now().text;
  skip();
  return name;
}

}  // namespace bantam::jinja
