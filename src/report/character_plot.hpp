#pragma once
// A scatter plot in characters, for terminals. Prints nothing.

#include <string>
#include <vector>

namespace bantam::report {

struct PlotPoint {
  double x = 0.0;
  double y = 0.0;
  std::string name;
  bool is_on_front = false;  // a capital letter; else a small one
};

struct PlotAxes {
  std::string x, y;  // what they are: "Decode tok/s", "Quality"
};

// Lines of at most `columns`, below them what each letter stands for. Empty below two points, above 26, and
// where all lie on one spot. The x axis is logarithmic where it spans more than a factor of 20. Points that
// fall on one place lie side by side.
std::vector<std::string> character_plot(std::vector<PlotPoint> points, const PlotAxes& axes,
                                        std::size_t columns = 72, std::size_t rows = 12);

}  // namespace bantam::report
