#include "base/json.hpp"

#include <fmt/format.h>
#include <cmath>

namespace bantam::base {
namespace {

constexpr int kMaxDepth = 256;

// Depth of brackets outside strings; counted before parsing because the parser's own destructor recurses.
bool deeper_than(std::string_view text, int limit) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limit) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  const auto it = object.find(key);
  return it == object.end() ? nullptr : &*it;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
  if (deeper_than(text, kMaxDepth)) {
    return fail(ErrorKind::bad_input, fmt::format("{}: JSON nested deeper than {} levels", what, kMaxDepth));
  }
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    std::string reason = e.what();
    if (const auto colon = reason.find("] "); colon != std::string::npos) reason.erase(0, colon + 2);
    return fail(ErrorKind::bad_input, fmt::format("{}: not valid JSON: {}", what, reason));
  }
}

std::string to_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

bool is_utf8(std::string_view text) {
  try {
    static_cast<void>(Json(text).dump(-1, ' ', false, Json::error_handler_t::strict));
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

std::optional<std::string> string_at(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  if (!value || !value->is_string()) return std::nullopt;
  return value->get<std::string>();
}

std::optional<double> number_at(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  if (!value || !value->is_number()) return std::nullopt;
  return value->get<double>();
}

std::optional<std::int64_t> integer_at(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  if (!value || !value->is_number_integer()) return std::nullopt;
  return value->get<std::int64_t>();
}

std::optional<bool> bool_at(const Json& object, std::string_view key) {
  const Json* value = find(object, key);
  if (!value || !value->is_boolean()) return std::nullopt;
  return value->get<bool>();
}

const Json& child_at(const Json& object, std::string_view key) {
  static const Json kEmpty;
  const Json* value = find(object, key);
  return value ? *value : kEmpty;
}

}  // namespace bantam::base
