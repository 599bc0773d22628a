#pragma once
// Parts of texts: split, stripped and replaced as Python's str does it.

#include <cstdint>
#include <optional>
#include <vector>

#include "jinja/machine.hpp"

namespace bantam::jinja {

// White space without `characters`.
Text stripped(TextView text, std::optional<TextView> characters, bool left, bool right);
Result<Text> replaced(Machine& machine, TextView text, TextView from, TextView to, std::int64_t count);

std::vector<Text> split_lines(TextView text, bool keep_ends);
// At most `most` splits, from the left or, rsplit, from the right; a negative `most` is no limit.
std::vector<Text> split_space(TextView text, std::int64_t most);
std::vector<Text> rsplit_space(TextView text, std::int64_t most);
std::vector<Text> split_at(TextView text, TextView separator, std::int64_t most);
std::vector<Text> rsplit_at(TextView text, TextView separator, std::int64_t most);

}  // namespace bantam::jinja
