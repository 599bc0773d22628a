#pragma once
// Outliers by Tukey's fences: classified, never taken out. Knows nothing of what was measured.

#include <cstdint>
#include <optional>
#include <span>

namespace bantam::stats {

// Limits at 1.5 and 3 times the distance between the quartiles beyond them (Tukey 1977, Exploratory Data
// Analysis); quartiles by linear interpolation (percentile()), as Criterion.rs does.
struct TukeyFences {
  double low_severe = 0.0;
  double low_mild = 0.0;
  double high_mild = 0.0;
  double high_severe = 0.0;
};
inline constexpr std::int64_t kFewestForFences = 6;  // quartiles of fewer samples say nothing
// Absent below kFewestForFences.
std::optional<TukeyFences> tukey_fences(std::span<const double> samples);

enum class OutlierClass { none, low_severe, low_mild, high_mild, high_severe };
// A sample on a fence is none.
OutlierClass classify(double sample, const TukeyFences& fences);

}  // namespace bantam::stats
