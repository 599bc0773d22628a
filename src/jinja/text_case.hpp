#pragma once
// The case of texts, and tests of their characters, as Python's str has them.

#include <optional>
#include <string_view>

#include "jinja/value.hpp"

namespace bantam::jinja {

Text lowered(TextView text);
Text uppered(TextView text);
Text capitalized(TextView text);
// What the method `name` (lower, title, casefold, ...) makes of a text; absent when it changes no case.
std::optional<Text> case_changed(TextView text, std::string_view name);
// What the method `name` (isalpha, islower, ...) tells; absent when it is none of these.
std::optional<bool> character_test(TextView text, std::string_view name);

}  // namespace bantam::jinja
