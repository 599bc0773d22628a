#include "measure/memory_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace bantam::measure {
namespace {

using record::MemoryPhase;
using record::MemoryPoint;

constexpr std::int64_t kFirstStep = 4096;  // the kernel counts in pages

bool is_close(const MemoryPoint& a, const MemoryPoint& b, std::int64_t within_bytes) {
  return std::abs(a.rss_bytes - b.rss_bytes) <= within_bytes &&
         std::abs(a.private_bytes - b.private_bytes) <= within_bytes;
}

class Thinning {
 public:
  // Of at least one point.
  explicit Thinning(std::vector<MemoryPoint>& points) : points_(points) {
    const auto place = [&points](auto found) { return static_cast<std::size_t>(found - points.begin()); };
    always_ = {0,
               points.size() - 1,
               place(std::ranges::min_element(points, {}, &MemoryPoint::rss_bytes)),
               place(std::ranges::max_element(points, {}, &MemoryPoint::rss_bytes)),
               place(std::ranges::min_element(points, {}, &MemoryPoint::private_bytes)),
               place(std::ranges::max_element(points, {}, &MemoryPoint::private_bytes))};
  }

  std::size_t count(std::int64_t within_bytes) const {
    std::size_t kept = 0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!stays(i, points_[last], within_bytes)) continue;
      last = i;
      ++kept;
    }
    return kept;
  }

  void apply(std::int64_t within_bytes) {
    std::size_t kept = 1;  // the first one stays
    for (std::size_t i = 1; i < points_.size(); ++i) {
      if (stays(i, points_[kept - 1], within_bytes)) points_[kept++] = points_[i];
    }
    points_.resize(kept);
  }

 private:
  bool stays(std::size_t place, const MemoryPoint& last, std::int64_t within_bytes) const {
    return std::ranges::find(always_, place) != always_.end() ||
           !is_close(points_[place], last, within_bytes);
  }

  std::vector<MemoryPoint>& points_;
  std::array<std::size_t, kFewestThinned> always_{};
};

double whole_milliseconds(double seconds) {
  return std::round(1e3 * seconds) / 1e3;
}

}  // namespace

std::int64_t thin(std::vector<MemoryPoint>& points, std::size_t most) {
  if (points.empty()) return 0;
  Thinning thinning(points);
  std::int64_t within_bytes = 0;
  while (thinning.count(within_bytes) > std::max(most, kFewestThinned))
    within_bytes = within_bytes == 0 ? kFirstStep : within_bytes + within_bytes / 2;
  thinning.apply(within_bytes);
  return within_bytes;
}

void note_phase(std::vector<MemoryPhase>& phases, const record::Trial& trial, double now_s) {
  const std::string name = trial.scenario + (trial.warmup ? " warm-up" : "");
  const double end_s = whole_milliseconds(now_s);
  if (!phases.empty() && phases.back().name == name) {
    phases.back().end_s = end_s;
    return;
  }
  if (phases.size() == record::kMostMemoryPhases) return;
  phases.push_back({name, whole_milliseconds(std::max(0.0, now_s - trial.wall_s)), end_s});
}

record::MemoryLine memory_line(const PrivateMemory& seen, std::vector<MemoryPhase> phases,
                               std::int64_t round) {
  record::MemoryLine line{round, seen.samples, seen.within_bytes, seen.points, std::move(phases)};
  line.within_bytes += thin(line.points, record::kMostMemoryPoints);
  for (MemoryPoint& point : line.points) point.seconds = whole_milliseconds(point.seconds);
  return line;
}

}  // namespace bantam::measure
