#pragma once
// The one JSON type, and parsing that returns errors instead of throwing. Doubles are written in the
// shortest form that reads back to the same value, independent of the locale.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::base {

// Keys keep the order in which they were set, so that files read as they were written.
using Json = nlohmann::ordered_json;

// `what` names the source in the message ("FILE", "line 12 of FILE"). Nesting deeper than 256 is refused.
Result<Json> parse_json(std::string_view text, std::string_view what);

// Invalid UTF-8 in strings becomes U+FFFD. NaN and infinity are never written: they become null.
std::string to_text(const Json& json, int indent = -1);

// Whether the text is valid UTF-8, which a JSON string has to be.
bool is_utf8(std::string_view text);

// The member's value if it is there and of a fitting type, else absent. Never throws.
std::optional<std::string> string_at(const Json& object, std::string_view key);
std::optional<double> number_at(const Json& object, std::string_view key);
std::optional<std::int64_t> integer_at(const Json& object, std::string_view key);
std::optional<bool> bool_at(const Json& object, std::string_view key);
// Absence is a missing key.
template <typename T>
void set_if(Json& object, std::string_view key, const std::optional<T>& value) {
  if (value) object[std::string(key)] = *value;
}
// The member object or array; a shared empty value when absent.
const Json& child_at(const Json& object, std::string_view key);

}  // namespace bantam::base
