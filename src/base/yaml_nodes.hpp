#pragma once
// A YAML document as nodes, as libyaml reads it. Knows nothing of what tags and texts mean.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace bantam::base {

inline constexpr int kMaxYamlDepth = 64;
inline constexpr int kMaxYamlNodes = 100'000;

using YamlNodeId = std::size_t;  // index into YamlDocument::nodes

enum class YamlNodeKind { scalar, sequence, map };

struct YamlPair {
  YamlNodeId key;
  YamlNodeId value;
};

struct YamlNode {
  YamlNodeKind kind = YamlNodeKind::scalar;
  // As it is written, handles resolved ("tag:yaml.org,2002:str", "!function"). Absent: the tag follows from
  // the node itself.
  std::optional<std::string> tag = std::nullopt;
  bool plain = false;  // scalar without quotes and tag: its text decides on its type
  std::string text = {};
  std::vector<YamlNodeId> items = {};  // of a sequence
  std::vector<YamlPair> pairs = {};    // of a map
  int line = 1;                        // from 1
};

struct YamlDocument {
  std::vector<YamlNode> nodes;     // an alias is the node that it stands for
  std::optional<YamlNodeId> root;  // absent: nothing but comments
};

// UTF-8, or UTF-16 with a byte order mark. bad_input, naming `what` and the line, for syntax errors, more
// than one document, anchors that stand twice or within themselves, and more than the nesting and nodes
// above.
Result<YamlDocument> read_yaml_document(std::string_view text, std::string_view what);

// "WHAT: line LINE: REASON".
tl::unexpected<Error> refuse_yaml(std::string_view what, int line, std::string_view reason,
                                  std::string hint = {});

}  // namespace bantam::base
