#pragma once
// The filter regex_replace of lm-evaluation-harness: re.sub(pattern, replacement, text, count).

#include "jinja/machine.hpp"

namespace bantam::jinja {

// Patterns that the other engine would read otherwise are refused by name.
Result<Value> filter_regex_replace(Machine& machine, const Value& value, const Arguments& given);

}  // namespace bantam::jinja
