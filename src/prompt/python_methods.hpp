#pragma once
// Methods, indices and slices of Python's str and list that task templates use and that the Jinja engine
// lacks or counts in bytes. Pure functions on JSON values; text is counted in code points.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::prompt {

// self.name(arguments): str.split() without a separator, index, find, count, join, isdigit, removeprefix,
// removesuffix; list.index, list.count. Absent for any other; bad_input where Python would raise ValueError.
std::optional<base::Result<base::Json>> python_method(const base::Json& self, std::string_view name,
                                                      const std::vector<base::Json>& arguments);

// self[index] of text or a list, negative indices from the end. Absent when out of range.
std::optional<base::Json> python_item(const base::Json& self, std::int64_t index);

// text[start:stop:step]; an absent bound is the natural one. bad_input for a step of 0.
base::Result<std::string> python_slice(std::string_view text, std::optional<std::int64_t> start,
                                       std::optional<std::int64_t> stop, std::int64_t step);

// len(text) in code points.
std::int64_t python_length(std::string_view text);

}  // namespace bantam::prompt
