#pragma once
// YAML text as JSON values. Plain scalars get the types that YAML 1.1 readers give them (null, booleans
// including yes/no/on/off, integers, floats); quoted ones stay text. A node with a tag of its own becomes
// {"!tag": value}, e.g. {"!function": "utils.process_docs"}.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace bantam::base {

// bad_input, naming `what` and the line, for text that is not UTF-8, syntax errors, duplicate keys, nesting
// deeper than 64 levels and aliases that would unfold to more than 100,000 nodes.
Result<Json> parse_yaml(std::string_view text, std::string_view what);
Result<Json> read_yaml_file(const std::filesystem::path& path);

// A file's content and where its parts stand. Key: the part's JSON pointer ("/metric_list/0/metric"); value:
// the line, from 1, of its key in a map, of its first character in a list.
struct YamlFile {
  Json content;
  std::map<std::string, int> lines;
};
Result<YamlFile> read_yaml_file_with_lines(const std::filesystem::path& path);

// A map's key as a step of a JSON pointer, "/" before it.
std::string pointer_step(std::string_view key);

}  // namespace bantam::base
