#pragma once
// JSON values as YAML that PyYAML reads back to the same values: maps as blocks, lists in brackets, every
// text in quotes.

#include <string>

#include "base/json.hpp"

namespace bantam::tracker {

// Ends with a line break. Invalid UTF-8 becomes U+FFFD.
std::string yaml_text(const base::Json& json);

}  // namespace bantam::tracker
