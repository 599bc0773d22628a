#include "base/yaml.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::base {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxNodes = 100'000;
constexpr std::uint64_t kMaxBytes = 4 << 20;

std::optional<bool> boolean_from(std::string_view lower) {
  constexpr std::array<std::string_view, 3> kTrue{"true", "yes", "on"};
  constexpr std::array<std::string_view, 3> kFalse{"false", "no", "off"};
  for (const auto word : kTrue) {
    if (lower == word) return true;
  }
  for (const auto word : kFalse) {
    if (lower == word) return false;
  }
  return std::nullopt;
}

Json plain_scalar(const std::string& text) {
  const std::string lower = ascii_lower(text);
  if (text.empty() || text == "~" || lower == "null") return nullptr;
  if (const auto boolean = boolean_from(lower)) return *boolean;
  const std::string_view digits =
      text.front() == '+' ? std::string_view(text).substr(1) : std::string_view(text);
  if (const auto integer = parse_integer(digits)) return *integer;
  const bool numeric = digits.find_first_not_of("0123456789+-.eE") == std::string_view::npos;
  if (const auto number = parse_number(digits); number && numeric) return *number;
  return text;
}

// yaml-cpp writes the escapes \_ (no-break space) and \N (next line) as the bytes A0 and 85, which are no
// UTF-8. As the file's own text is UTF-8, a byte that belongs to no character comes from them.
std::string with_whole_characters(const std::string& text) {
  std::string whole;
  std::size_t rest = 0;  // bytes that the current character still needs
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xC0U) == 0x80U;
    if (continues && rest == 0 && (byte == 0xA0U || byte == 0x85U)) whole += '\xC2';
    if (continues) {
      rest -= rest > 0 ? 1 : 0;
    } else {
      rest = byte >= 0xF0U ? 3 : byte >= 0xE0U ? 2 : byte >= 0xC0U ? 1 : 0;
    }
    whole += c;
  }
  return whole;
}

class Converter {
 public:
  // `lines` may be null.
  Converter(std::string_view what, std::map<std::string, int>* lines) : what_(what), lines_(lines) {}

  Result<Json> convert(const YAML::Node& node, int depth, const std::string& pointer = {}) {
    if (depth > kMaxDepth) return refuse(node, fmt::format("nested deeper than {} levels", kMaxDepth));
    if (++nodes_ > kMaxNodes) return refuse(node, fmt::format("unfolds to more than {} nodes", kMaxNodes));
    TRY_ASSIGN(Json value, untagged(node, depth, pointer));
    const std::string& tag = node.Tag();
    const bool own_tag = tag.size() > 1 && tag.front() == '!' && tag[1] != '!';
    if (!own_tag) return value;
    Json tagged = Json::object();
    tagged[tag] = std::move(value);
    return tagged;
  }

 private:
  Result<Json> untagged(const YAML::Node& node, int depth, const std::string& pointer) {
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        // yaml-cpp marks a quoted scalar with the tag "!".
        if (node.Tag() == "?" || node.Tag().empty()) return plain_scalar(node.Scalar());
        return Json(with_whole_characters(node.Scalar()));
      case YAML::NodeType::Sequence:
        return sequence(node, depth, pointer);
      case YAML::NodeType::Map:
        return map(node, depth, pointer);
      case YAML::NodeType::Null:
      case YAML::NodeType::Undefined:
        break;
    }
    return Json(nullptr);
  }

  void note_line(const std::string& pointer, const YAML::Node& node) {
    if (lines_ != nullptr) (*lines_)[pointer] = node.Mark().line + 1;
  }

  Result<Json> sequence(const YAML::Node& node, int depth, const std::string& pointer) {
    Json array = Json::array();
    for (const auto& element : node) {
      const std::string inner = lines_ == nullptr ? "" : fmt::format("{}/{}", pointer, array.size());
      note_line(inner, element);
      TRY_ASSIGN(Json value, convert(element, depth + 1, inner));
      array.push_back(std::move(value));
    }
    return array;
  }

  Result<Json> map(const YAML::Node& node, int depth, const std::string& pointer) {
    Json object = Json::object();
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) return refuse(node, "a key that is not a scalar");
      const std::string key = with_whole_characters(entry.first.Scalar());
      if (object.contains(key))
        return refuse(entry.first, fmt::format("key '{}' stands twice", printable(key)));
      const std::string inner = lines_ == nullptr ? "" : pointer + pointer_step(key);
      note_line(inner, entry.first);
      TRY_ASSIGN(Json value, convert(entry.second, depth + 1, inner));
      object[key] = std::move(value);
    }
    return object;
  }

  tl::unexpected<Error> refuse(const YAML::Node& node, std::string_view reason) const {
    return fail(ErrorKind::bad_input, fmt::format("{}: line {}: {}", what_, node.Mark().line + 1, reason));
  }

  std::string_view what_;
  std::map<std::string, int>* lines_;
  int nodes_ = 0;
};

// yaml-cpp's parser recurses once for each opened flow bracket.
bool too_many_open_brackets(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (depth > 1000) return true;
  }
  return false;
}

Result<Json> parse(std::string_view text, std::string_view what, std::map<std::string, int>* lines) {
  if (!is_utf8(text)) {
    return fail(ErrorKind::bad_input, fmt::format("{}: is not UTF-8 text", what),
                "save it with the encoding UTF-8");
  }
  if (too_many_open_brackets(text))
    return fail(ErrorKind::bad_input, fmt::format("{}: nested too deeply", what));
  try {
    return Converter(what, lines).convert(YAML::Load(std::string(text)), 0);
  } catch (const YAML::Exception& e) {
    return fail(ErrorKind::bad_input, fmt::format("{}: line {}: {}", what, e.mark.line + 1, e.msg));
  }
}

}  // namespace

Result<Json> parse_yaml(std::string_view text, std::string_view what) {
  return parse(text, what, nullptr);
}

std::string pointer_step(std::string_view key) {
  return "/" + replace_all(replace_all(std::string(key), "~", "~0"), "/", "~1");
}

Result<Json> read_yaml_file(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  return parse_yaml(text, path.string());
}

Result<YamlFile> read_yaml_file_with_lines(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_file(path, kMaxBytes));
  YamlFile file;
  TRY_ASSIGN(file.content, parse(text, path.string(), &file.lines));
  return file;
}

}  // namespace bantam::base
