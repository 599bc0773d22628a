#pragma once
// JSON as Python's json module writes it: NaN, Infinity and -Infinity stand for numbers that are not finite,
// which JSON itself does not have. Knows nothing of what is read.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::exchange {

struct PythonJson {
  base::Json json;
  std::int64_t not_finite = 0;  // numbers that were NaN or infinite; each is null in `json`
};

// What is wrong with it, otherwise, as it is said behind its name: "is no whole JSON".
tl::expected<PythonJson, std::string> parse_python_json(std::string_view text);

// As json.dump(indent=2) writes it, to the byte: numbers in the shortest form that reads back, ASCII alone.
std::string python_text(const base::Json& json);

}  // namespace bantam::exchange
