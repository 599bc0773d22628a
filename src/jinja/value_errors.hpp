#pragma once
// Refusals of values: undefined ones, and those that are nested too deep.

#include "jinja/errors.hpp"
#include "jinja/value.hpp"

namespace bantam::jinja {

constexpr int kMaxDepth = 100;  // of values inside of values, where they are followed

inline tl::unexpected<base::Error> too_deep() {
  return unsupported(fmt::format("values nested deeper than {} levels", kMaxDepth));
}

inline tl::unexpected<base::Error> undefined_error(const Value& value) {
  return raised(value.as<UndefinedObject>().message);
}

}  // namespace bantam::jinja
