#pragma once
// Jinja2's filters and tests.

#include "jinja/machine.hpp"

namespace bantam::jinja {

enum class Known { yes, no, unsupported };
Known known_filter(std::string_view name);
Known known_test(std::string_view name);

// `value|name(arguments)`. bad_input where Jinja2 raises.
Result<Value> apply_filter(Machine& machine, std::string_view name, const Value& value, Arguments arguments);
Result<bool> apply_test(Machine& machine, std::string_view name, const Value& value, Arguments arguments);

}  // namespace bantam::jinja
