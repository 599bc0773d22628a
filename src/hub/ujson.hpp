#pragma once
// How pandas' JSON reader and writer (ujson) change values on their way through `datasets`: floats keep ten
// decimals.

#include <optional>
#include <string_view>

#include "base/json.hpp"

namespace bantam::hub {

// Every float below `value` as it is after it was written.
void write_floats(base::Json& value);

// Every float below `value` as it is after it was written and read again.
void write_and_read_floats(base::Json& value);

// What the text stands for when it is JSON by ujson's rules, which take 007, too; absent when it is none.
std::optional<base::Json> read_ujson(std::string_view text);

}  // namespace bantam::hub
