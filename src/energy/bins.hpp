#pragma once
// How a window and the time around it are cut into bins of one length. Pure.

#include <cstddef>

#include "energy/window_energy.hpp"

namespace bantam::energy {

struct Bins {
  double length_s = 0.0;
  std::size_t before = 0;
  std::size_t within = 1;  // the window is a whole number of bins
  std::size_t after = 0;

  std::size_t count() const { return before + within + after; }
  // Of the first bin, since the window's begin.
  double begin_s() const { return -static_cast<double>(before) * length_s; }
};

// Of `all`, which contains the window: at most `most` bins, none shorter than `least_s` unless the window is.
Bins bins_of(const Window& window, const Window& all, double least_s, std::size_t most);

}  // namespace bantam::energy
