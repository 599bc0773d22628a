#pragma once
// How wide objects of a JSON text are, before it is parsed. Knows nothing of what they hold.

#include <cstdint>
#include <string_view>

namespace bantam::base {

// Whether an object of the text has more members than that: parsing searches the members one by one for each
// that is added. False for what is nested deeper than parse_json() takes.
bool has_wide_object(std::string_view text, std::int64_t most_members);

}  // namespace bantam::base
