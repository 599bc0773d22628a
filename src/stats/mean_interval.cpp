#include "stats/mean_interval.hpp"

#include <boost/math/distributions/students_t.hpp>

#include "stats/moments.hpp"

namespace bantam::stats {

std::optional<Interval> mean_interval(std::span<const double> samples, double confidence) {
  const auto error = standard_error(samples);
  if (!error) return std::nullopt;
  const boost::math::students_t distribution(static_cast<double>(samples.size() - 1));
  const double reach = boost::math::quantile(distribution, 0.5 + confidence / 2.0) * *error;
  const double middle = *mean(samples);
  return Interval{middle - reach, middle + reach};
}

}  // namespace bantam::stats
