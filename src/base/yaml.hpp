#pragma once
// YAML text as JSON values, exactly as PyYAML's safe loader reads it, with lm-eval's tag for functions: a
// node `!function utils.clean` becomes {"!function": "utils.clean"}. What JSON cannot hold is refused.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace bantam::base {

struct RepeatedKey {
  std::string key;
  int line;  // of the later one, from 1
};

// A file's content and where its parts stand. Key: the part's JSON pointer ("/metric_list/0/metric"); value:
// the line, from 1, of its key in a map, of its first character in a list. Parts of a very large file may
// lack theirs.
struct YamlFile {
  Json content;
  std::map<std::string, int> lines;
  std::vector<RepeatedKey> repeated;  // keys that stand twice in one map, where the last one counts
};

// UTF-8, or UTF-16 with a byte order mark; null for a file without content. bad_input, naming `what` and the
// line, for
// - syntax errors, more than one document, other tags than the language's and !function;
// - nesting deeper than 64 levels, and aliases that would unfold to more than 100,000 nodes or 64 MiB of
// text;
// - what JSON has no value for: keys that are not text, dates, sets, binary data, infinity, integers of more
//   than 64 bits;
// - merged maps that disagree about a key where PyYAML's versions differ in which of them counts.
Result<YamlFile> parse_yaml_with_lines(std::string_view text, std::string_view what);
// At most 4 MiB.
Result<YamlFile> read_yaml_file_with_lines(const std::filesystem::path& path);

// For files of our own forms: a key that stands twice is bad_input, too.
Result<Json> parse_yaml(std::string_view text, std::string_view what);
Result<Json> read_yaml_file(const std::filesystem::path& path);

// A map's key as a step of a JSON pointer, "/" before it.
std::string pointer_step(std::string_view key);

}  // namespace bantam::base
