#pragma once
// What YAML 1.1 texts mean, by PyYAML's rules: "0x1F" is a number, "1e3" a text, "no" a boolean.

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/json.hpp"

namespace bantam::base {

inline constexpr std::string_view kYamlTags = "tag:yaml.org,2002:";  // of these the language has "!!name"
inline constexpr std::string_view kYamlText = "tag:yaml.org,2002:str";
inline constexpr std::string_view kYamlMerge = "tag:yaml.org,2002:merge";
inline constexpr std::string_view kYamlValue = "tag:yaml.org,2002:value";

// The tag of a text without quotes: one of null, bool, int, float, timestamp, merge, value, else str.
std::string_view tag_of_plain(std::string_view text);

// The value of a text with one of the language's tags. Else the reason why there is none: it does not fit the
// tag, JSON has no such value (a date, infinity), or an integer takes more than 64 bits.
tl::expected<Json, std::string> value_of(std::string_view tag, const std::string& text);

}  // namespace bantam::base
