#pragma once
// Methods of Python's str, on code points.

#include "jinja/machine.hpp"

namespace bantam::jinja {

Result<Value> text_method(Machine& machine, const Value& self, const std::string& name,
                          const Arguments& arguments);

// The operations that filters share.
Text lowered(TextView text);
Text uppered(TextView text);
Text capitalized(TextView text);
// White space without `characters`.
Text stripped(TextView text, std::optional<TextView> characters, bool left, bool right);
std::vector<Text> split_lines(TextView text, bool keep_ends);
Result<Text> replaced(Machine& machine, TextView text, TextView from, TextView to, std::int64_t count);

}  // namespace bantam::jinja
