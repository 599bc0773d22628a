#pragma once
// YAML text as JSON values. Plain scalars get the types that YAML 1.1 readers give them (null, booleans
// including yes/no/on/off, integers, floats); quoted ones stay text. A node with a tag of its own becomes
// {"!tag": value}, e.g. {"!function": "utils.process_docs"}.

#include <filesystem>
#include <string_view>

#include "base/json.hpp"

namespace bantam::base {

// bad_input, naming `what` and the line, for syntax errors, duplicate keys, nesting deeper than 64 levels and
// aliases that would unfold to more than 100,000 nodes.
Result<Json> parse_yaml(std::string_view text, std::string_view what);
Result<Json> read_yaml_file(const std::filesystem::path& path);

}  // namespace bantam::base
