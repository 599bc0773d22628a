#pragma once
// Methods of Python's str, on code points.

#include "jinja/machine.hpp"

namespace bantam::jinja {

Result<Value> text_method(Machine& machine, const Value& self, const std::string& name,
                          const Arguments& arguments);

}  // namespace bantam::jinja
