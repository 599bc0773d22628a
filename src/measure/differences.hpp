#pragma once
// What a counter counted between two readings, as a member of JSON.

#include <optional>

#include "base/json.hpp"

namespace bantam::measure {

// Nothing where one of the two is not known.
template <typename T>
void set_difference(base::Json& json, const char* key, const std::optional<T>& before,
                    const std::optional<T>& after) {
  if (before && after) json[key] = *after - *before;
}

}  // namespace bantam::measure
