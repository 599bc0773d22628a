#include "energy/bins.hpp"

#include <algorithm>
#include <cmath>

#include "base/clock.hpp"

namespace bantam::energy {
namespace {

std::size_t whole(double bins, std::size_t most) {
  return static_cast<std::size_t>(std::clamp(std::floor(bins + 1e-9), 0.0, static_cast<double>(most)));
}

}  // namespace

Bins bins_of(const Window& window, const Window& all, double least_s, std::size_t most) {
  const double shortest_s = std::max(least_s, all.length_s() / static_cast<double>(most));
  Bins bins;
  bins.within = std::max<std::size_t>(1, whole(window.length_s() / shortest_s, most));
  bins.length_s = window.length_s() / static_cast<double>(bins.within);
  const std::size_t room = (most - bins.within) / 2;
  bins.before = whole(base::seconds(window.from_ns - all.from_ns) / bins.length_s, most);
  bins.after = whole(base::seconds(all.to_ns - window.to_ns) / bins.length_s, most);
  if (bins.count() > most) {
    bins.before = std::min(bins.before, room);
    bins.after = std::min(bins.after, room);
  }
  return bins;
}

}  // namespace bantam::energy
