#pragma once
// A template's source as tokens.

#include <string_view>
#include <vector>

#include "jinja/template.hpp"
#include "jinja/value.hpp"

namespace bantam::jinja {

enum class TokenType {
  data,
  block_begin,
  block_end,
  variable_begin,
  variable_end,
  name,
  string,
  integer,
  real,
  op,
  end
};

struct Token {
  TokenType type = TokenType::end;
  int line = 1;
  std::string text;  // of a name or operator
  Text string;       // of data and strings, escapes resolved
  Integer integer;
  double real = 0;
};

// bad_input, with the line, for what Jinja2's lexer refuses. The last token is `end`.
Result<std::vector<Token>> tokenize(std::string_view source, Dialect dialect);

}  // namespace bantam::jinja
