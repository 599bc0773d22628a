#pragma once
// docs/shapes.md, rendered from the shapes' data files. Prints nothing.

#include <string>
#include <vector>

#include "shape/shape.hpp"

namespace bantam::report {

std::string shape_page(const std::vector<shape::Shape>& shapes);

}  // namespace bantam::report
