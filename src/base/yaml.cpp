#include "base/yaml.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/yaml_nodes.hpp"
#include "base/yaml_scalars.hpp"

namespace bantam::base {
namespace {

constexpr std::uint64_t kMaxBytes = 4 << 20;
constexpr std::size_t kMaxText = 64 << 20;      // of the whole value
constexpr std::size_t kMaxPointers = 16 << 20;  // bytes of pointers whose lines are kept

constexpr std::string_view kFunction = "!function";
constexpr const char* kQuoteHint = "put it into quotes if text is meant";

std::string shown(std::string_view text) {
  return ellipsize(printable(text), 60);
}

std::string shown_tag(std::string_view tag) {
  return tag.starts_with(kYamlTags) ? "!!" + shown(tag.substr(kYamlTags.size())) : shown(tag);
}

std::string_view tag_of(const YamlNode& node) {
  if (node.tag) return *node.tag;
  if (node.kind == YamlNodeKind::map) return "tag:yaml.org,2002:map";
  if (node.kind == YamlNodeKind::sequence) return "tag:yaml.org,2002:seq";
  return node.plain ? tag_of_plain(node.text) : kYamlText;
}

bool is_scalar_tag(std::string_view tag) {
  constexpr std::array<std::string_view, 8> kKnown{"null",      "bool",  "int",   "float",
                                                   "timestamp", "merge", "value", "str"};
  return tag.starts_with(kYamlTags) &&
         std::find(kKnown.begin(), kKnown.end(), tag.substr(kYamlTags.size())) != kKnown.end();
}

class Constructor {
 public:
  Constructor(const YamlDocument& document, std::string_view what) : nodes_(document.nodes), what_(what) {}

  Result<YamlFile> construct(YamlNodeId root) {
    TRY_ASSIGN(file_.content, value(root, 0, {}));
    return std::move(file_);
  }

 private:
  Result<Json> value(YamlNodeId id, int depth, const std::string& pointer) {
    const YamlNode& node = nodes_[id];
    if (depth > kMaxYamlDepth)
      return refuse(node, fmt::format("nested deeper than {} levels", kMaxYamlDepth));
    TRY(count(node, 1));
    const std::string_view tag = tag_of(node);
    switch (node.kind) {
      case YamlNodeKind::scalar:
        return scalar(node, tag);
      case YamlNodeKind::sequence:
        if (tag == "tag:yaml.org,2002:seq") return sequence(node, depth, pointer);
        break;
      case YamlNodeKind::map:
        if (tag == "tag:yaml.org,2002:map") return map(id, depth, pointer);
        break;
    }
    return refuse_tag(node, tag);
  }

  Status count(const YamlNode& node, std::size_t nodes) {
    counted_ += nodes;
    if (counted_ <= kMaxYamlNodes) return {};
    return refuse(node, fmt::format("unfolds to more than {} nodes", kMaxYamlNodes));
  }

  Status count_text(const YamlNode& node) {
    text_ += node.text.size();
    if (text_ <= kMaxText) return {};
    return refuse(node, fmt::format("unfolds to more than {} MiB of text", kMaxText >> 20));
  }

  Result<Json> scalar(const YamlNode& node, std::string_view tag) {
    TRY(count_text(node));
    if (tag == kFunction) {
      Json function = Json::object();
      function[std::string(kFunction)] = node.text;
      return function;
    }
    if (!is_scalar_tag(tag)) return refuse_tag(node, tag);
    auto value = value_of(tag, node.text);
    if (!value) return refuse(node, value.error());
    return *std::move(value);
  }

  Result<Json> sequence(const YamlNode& node, int depth, const std::string& pointer) {
    Json array = Json::array();
    for (const YamlNodeId item : node.items) {
      const std::string inner = note_line(pointer, fmt::format("/{}", array.size()), nodes_[item]);
      TRY_ASSIGN(Json element, value(item, depth + 1, inner));
      array.push_back(std::move(element));
    }
    return array;
  }

  Result<Json> map(YamlNodeId id, int depth, const std::string& pointer) {
    TRY(merge(id, 0));
    const std::vector<YamlPair>& pairs = pairs_of(id, &Merged::newer);
    const std::size_t first_own = pairs.size() - own_pairs(id);
    Json::object_t members;
    std::unordered_map<std::string_view, std::size_t> places;  // of each key among the members
    std::unordered_set<std::string_view> own;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const YamlNode& key = nodes_[pairs[i].key];
      TRY(check_key(key));
      if (i >= first_own && !own.insert(key.text).second && told_.insert(pairs[i].key).second) {
        file_.repeated.push_back({key.text, key.line});
      }
      const std::string inner = note_line(pointer, pointer_step(key.text), key);
      TRY_ASSIGN(Json member, value(pairs[i].value, depth + 1, inner));
      const auto [place, added] = places.try_emplace(key.text, members.size());
      if (added) {
        members.emplace_back(key.text, std::move(member));
      } else {
        (members.begin() + static_cast<std::ptrdiff_t>(place->second))->second = std::move(member);
      }
    }
    return Json(std::move(members));
  }

  Status check_key(const YamlNode& key) {
    TRY(count(key, 1));
    TRY(count_text(key));
    if (key.kind != YamlNodeKind::scalar) return refuse(key, "a key that is not text");
    const std::string_view tag = tag_of(key);
    if (tag == kYamlText || tag == kYamlValue) return {};
    if (!is_scalar_tag(tag)) return refuse_tag(key, tag);
    return refuse(key, fmt::format("the key '{}' is not text", shown(key.text)), kQuoteHint);
  }

  bool is_merge(const YamlPair& pair) const {
    const YamlNode& key = nodes_[pair.key];
    return key.kind == YamlNodeKind::scalar && tag_of(key) == kYamlMerge;
  }

  // The pairs of a map that merges others, in the order in which they are set: those of the merged maps, then
  // its own. PyYAML up to 6.0.3 takes a list of maps from its end; 6.0.4 takes it from its front, leaving out
  // a key that is the same object as one before, as an alias's are and, in Python, all equal ones of at most
  // one character up to U+00FF.
  struct Merged {
    std::vector<YamlPair> older;
    std::vector<YamlPair> newer;
    std::size_t own = 0;
    std::unordered_set<std::string> taken = {};  // keys of `newer` as objects
  };

  const std::vector<YamlPair>& pairs_of(YamlNodeId id, std::vector<YamlPair> Merged::*version) const {
    const auto found = merged_.find(id);
    return found == merged_.end() ? nodes_[id].pairs : found->second.*version;
  }

  std::size_t own_pairs(YamlNodeId id) const {
    const auto found = merged_.find(id);
    return found == merged_.end() ? nodes_[id].pairs.size() : found->second.own;
  }

  Status merge(YamlNodeId id, int depth) {
    const YamlNode& node = nodes_[id];
    const auto merges = [&](const YamlPair& pair) { return is_merge(pair); };
    if (merged_.contains(id) || std::none_of(node.pairs.begin(), node.pairs.end(), merges)) return {};
    if (depth > kMaxYamlDepth) return refuse(node, fmt::format("merges more than {} levels", kMaxYamlDepth));
    Merged merged;
    std::vector<YamlPair> own;
    for (const YamlPair& pair : node.pairs) {
      if (is_merge(pair)) {
        TRY(take_merged(pair.value, depth, merged));
      } else {
        own.push_back(pair);
      }
    }
    merged.own = own.size();
    merged.older.insert(merged.older.end(), own.begin(), own.end());
    merged.newer.insert(merged.newer.end(), own.begin(), own.end());
    TRY(check_merged(node, merged));
    merged_.emplace(id, std::move(merged));
    return {};
  }

  Status take_merged(YamlNodeId value, int depth, Merged& merged) {
    std::vector<YamlNodeId> sources{value};
    if (nodes_[value].kind == YamlNodeKind::sequence) sources = nodes_[value].items;
    for (const YamlNodeId source : sources) {
      if (nodes_[source].kind != YamlNodeKind::map)
        return refuse(nodes_[source], "'<<' needs a map or a list of maps");
      TRY(merge(source, depth + 1));
      const std::vector<YamlPair>& pairs = pairs_of(source, &Merged::newer);
      TRY(count(nodes_[source], pairs.size()));
      for (const YamlPair& pair : pairs) {
        if (merged.taken.insert(object_of(pair.key)).second) merged.newer.push_back(pair);
      }
    }
    for (auto source = sources.rbegin(); source != sources.rend(); ++source) {
      const std::vector<YamlPair>& pairs = pairs_of(*source, &Merged::older);
      TRY(count(nodes_[*source], pairs.size()));
      merged.older.insert(merged.older.end(), pairs.begin(), pairs.end());
    }
    return {};
  }

  // What tells apart the objects that Python has for texts of keys.
  std::string object_of(YamlNodeId key) const {
    const std::string& text = nodes_[key].text;
    const bool shared = nodes_[key].kind == YamlNodeKind::scalar &&
                        (text.size() <= 1 || (text.size() == 2 && (text[0] == '\xC2' || text[0] == '\xC3')));
    return shared ? text : fmt::format("node {}", key);
  }

  Status check_merged(const YamlNode& map, const Merged& merged) const {
    const auto last_values = [&](const std::vector<YamlPair>& pairs) {
      std::unordered_map<std::string_view, YamlNodeId> values;
      for (const YamlPair& pair : pairs) values[nodes_[pair.key].text] = pair.value;
      return values;
    };
    const auto older = last_values(merged.older);
    const auto newer = last_values(merged.newer);
    for (const YamlPair& pair : merged.newer) {
      const YamlNode& key = nodes_[pair.key];
      if (newer.at(key.text) == older.at(key.text)) continue;
      return refuse(map, fmt::format("key '{}' is merged twice, with different values", shown(key.text)),
                    "write the key itself into the map that merges");
    }
    return {};
  }

  // The part's pointer; empty from where too many are kept.
  std::string note_line(const std::string& pointer, const std::string& step, const YamlNode& node) {
    pointers_ += pointer.size() + step.size();
    if (pointers_ > kMaxPointers) return {};
    std::string inner = pointer + step;
    file_.lines[inner] = node.line;
    return inner;
  }

  tl::unexpected<Error> refuse_tag(const YamlNode& node, std::string_view tag) const {
    const char* kind = node.kind == YamlNodeKind::map        ? "map"
                       : node.kind == YamlNodeKind::sequence ? "list"
                                                             : "text";
    return refuse(node, fmt::format("the tag {} is not supported for a {}", shown_tag(tag), kind));
  }

  tl::unexpected<Error> refuse(const YamlNode& node, std::string_view reason, std::string hint = {}) const {
    return refuse_yaml(what_, node.line, reason, std::move(hint));
  }

  const std::vector<YamlNode>& nodes_;
  std::string_view what_;
  YamlFile file_;
  std::size_t counted_ = 0;
  std::size_t text_ = 0;
  std::size_t pointers_ = 0;
  std::unordered_map<YamlNodeId, Merged> merged_;
  std::unordered_set<YamlNodeId> told_;
};

// Keys that stand twice as an error.
Result<Json> only_content(Result<YamlFile> file, std::string_view what) {
  if (!file) return tl::unexpected(std::move(file).error());
  if (file->repeated.empty()) return std::move(file->content);
  const RepeatedKey& first = file->repeated.front();
  return refuse_yaml(what, first.line, fmt::format("key '{}' stands twice", shown(first.key)));
}

}  // namespace

Result<YamlFile> parse_yaml_with_lines(std::string_view text, std::string_view what) {
  TRY_ASSIGN(const YamlDocument document, read_yaml_document(text, what));
  if (!document.root) return YamlFile{};
  return Constructor(document, what).construct(*document.root);
}

Result<Json> parse_yaml(std::string_view text, std::string_view what) {
  return only_content(parse_yaml_with_lines(text, what), what);
}

std::string pointer_step(std::string_view key) {
  return "/" + replace_all(replace_all(std::string(key), "~", "~0"), "/", "~1");
}

Result<YamlFile> read_yaml_file_with_lines(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  return parse_yaml_with_lines(text, path.string());
}

Result<Json> read_yaml_file(const std::filesystem::path& path) {
  return only_content(read_yaml_file_with_lines(path), path.string());
}

}  // namespace bantam::base
