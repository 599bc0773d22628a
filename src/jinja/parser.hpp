#pragma once
// Tokens as a tree, by Jinja2's grammar.

#include <string_view>

#include "jinja/ast.hpp"
#include "jinja/template.hpp"

namespace bantam::jinja {

// bad_input, with the line, for what Jinja2 refuses at compile time, for what is not supported, and for more
// nesting than the limits allow.
Result<std::unique_ptr<ParsedTemplate>> parse(std::string_view source, Dialect dialect, const Limits& limits);

}  // namespace bantam::jinja
