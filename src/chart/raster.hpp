#pragma once
// SVG to PNG. Knows nothing of charts.

#include <string>

#include "base/result.hpp"

namespace bantam::chart {

// `width` and `height` in pixels before `scale`. Texts take the fonts of this machine. environment when it
// cannot be drawn; usage for more than 100 million pixels.
base::Result<std::string> png_from_svg(const std::string& svg, double width, double height, double scale);

// Whether this machine has any font: without one, pictures have no texts.
bool has_fonts();

}  // namespace bantam::chart
