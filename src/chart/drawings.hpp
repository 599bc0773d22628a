#pragma once
// Charts as SVG, drawn by the same script that draws them in the page (web/charts), without a browser. Knows
// nothing of files.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::chart {

struct Drawing {
  std::string svg;
  double width = 0.0;  // pixels
  double height = 0.0;
  std::string absent;  // why there is nothing to draw; empty where there is
};

inline constexpr std::string_view kThemes[] = {"light", "dark"};

// Holds an interpreter with the script and a dataset; takes a fraction of a second to make, and some 45 MiB.
class Drawings {
 public:
  // `dataset` as make_dataset() gives it. environment when the interpreter cannot be made.
  static base::Result<Drawings> open(const base::Json& dataset);
  Drawings(Drawings&&) noexcept;
  Drawings& operator=(Drawings&&) noexcept;
  ~Drawings();

  // In the order in which a page shows them.
  base::Result<std::vector<std::string>> names();
  // usage for a theme or chart that there is none of.
  base::Result<Drawing> draw(const std::string& name, std::string_view theme);

 private:
  struct Interpreter;
  explicit Drawings(std::unique_ptr<Interpreter> interpreter);
  std::unique_ptr<Interpreter> interpreter_;
};

}  // namespace bantam::chart
