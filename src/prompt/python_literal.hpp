#pragma once
// Values as Python writes and reads them: str(), repr() and ast.literal_eval, on JSON values. Task templates
// print lists this way and read them back.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::prompt {

// repr(): 'text' with escapes, True, None, 1.0, ['a', 1], {'k': 'v'}.
std::string python_repr(const base::Json& value);
// str(): as repr(), but text as it stands.
std::string python_str(const base::Json& value);

// ast.literal_eval for text, numbers, True, False, None, lists, tuples (which become arrays) and dictionaries
// with text keys. bad_input when `text` is anything else.
base::Result<base::Json> parse_python_literal(std::string_view text);

}  // namespace bantam::prompt
