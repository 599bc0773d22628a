#pragma once
// JSON values as YAML, for files that others read. Knows nothing of what is written.

#include <string>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::base {

// One document in blocks, of an object or array; a YAML 1.1 reader (PyYAML) and a YAML 1.2 reader have the
// same values of it as the JSON. A text stands in double quotes unless it is a plain word that is nothing
// else in YAML ("no" and "2026-01-31" are in quotes); of one that is not valid UTF-8 the broken bytes become
// U+FFFD. environment when memory does not suffice.
Result<std::string> yaml_text(const Json& json);

}  // namespace bantam::base
