#include "stats/tukey.hpp"

#include "stats/order.hpp"

namespace bantam::stats {

std::optional<TukeyFences> tukey_fences(std::span<const double> samples) {
  if (static_cast<std::int64_t>(samples.size()) < kFewestForFences) return std::nullopt;
  const double low = percentile(samples, 0.25).value_or(0.0);
  const double high = percentile(samples, 0.75).value_or(0.0);
  const double distance = high - low;
  return TukeyFences{low - 3.0 * distance, low - 1.5 * distance, high + 1.5 * distance,
                     high + 3.0 * distance};
}

OutlierClass classify(double sample, const TukeyFences& fences) {
  if (sample < fences.low_severe) return OutlierClass::low_severe;
  if (sample < fences.low_mild) return OutlierClass::low_mild;
  if (sample > fences.high_severe) return OutlierClass::high_severe;
  if (sample > fences.high_mild) return OutlierClass::high_mild;
  return OutlierClass::none;
}

}  // namespace bantam::stats
