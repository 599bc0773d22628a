#include "energy/curve.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.hpp"

namespace bantam::energy {
namespace {

double seconds_between(const Reading& from, const Reading& to) {
  return base::seconds(to.time_ns - from.time_ns);
}

auto invalid(std::string message) {
  return base::fail(base::ErrorKind::invalid_measurement, std::move(message));
}

}  // namespace

base::Result<std::vector<double>> unwrapped(std::span<const Reading> readings,
                                            std::optional<double> wraps_at_j, double most_w,
                                            double update_s) {
  std::vector<double> joules;
  joules.reserve(readings.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (i > 0) {
      const double elapsed_s = seconds_between(readings[i - 1], readings[i]);
      const double most_j = most_w * (elapsed_s + 2.0 * update_s);
      const double at_s = seconds_between(readings.front(), readings[i]);
      double step = readings[i].value - readings[i - 1].value;
      const bool goes_back = step < 0.0;
      if (goes_back && !wraps_at_j)
        return invalid(fmt::format("the counter went back by {:.3g} J after {:.3g} s", -step, at_s));
      if (wraps_at_j && most_j >= *wraps_at_j) {
        return invalid(
            fmt::format("two readings are {:.3g} s apart, in which the counter can wrap unseen", elapsed_s));
      }
      if (goes_back) step += *wraps_at_j;
      if (goes_back && !(step >= 0.0 && step <= most_j)) {
        return invalid(fmt::format("the counter went back by {:.3g} J after {:.3g} s, which is no wrap",
                                   *wraps_at_j - step, at_s));
      }
      if (step > most_j) {
        return invalid(fmt::format("the counter rose by {:.3g} J within {:.3g} s, more than {:.4g} W", step,
                                   elapsed_s, most_w));
      }
      sum += step;
    }
    joules.push_back(sum);
  }
  return joules;
}

std::vector<double> integrated(std::span<const Reading> readings) {
  std::vector<double> joules;
  joules.reserve(readings.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (i > 0) {
      sum +=
          0.5 * (readings[i - 1].value + readings[i].value) * seconds_between(readings[i - 1], readings[i]);
    }
    joules.push_back(sum);
  }
  return joules;
}

double EnergyCurve::at(std::int64_t time_ns) const {
  if (readings_.empty()) return 0.0;
  const bool is_power = quantity_ == Quantity::watts;
  if (time_ns <= readings_.front().time_ns) {
    const double before_s = base::seconds(readings_.front().time_ns - time_ns);
    return is_power ? -before_s * readings_.front().value : 0.0;
  }
  if (time_ns >= readings_.back().time_ns) {
    const double behind_s = base::seconds(time_ns - readings_.back().time_ns);
    return joules_.back() + (is_power ? behind_s * readings_.back().value : 0.0);
  }
  const auto next = std::ranges::upper_bound(readings_, time_ns, {}, &Reading::time_ns);
  const auto i = static_cast<std::size_t>(next - readings_.begin());
  const Reading& left = readings_[i - 1];
  const double whole_s = seconds_between(left, readings_[i]);
  const double part_s = base::seconds(time_ns - left.time_ns);
  if (!is_power) return joules_[i - 1] + (joules_[i] - joules_[i - 1]) * part_s / whole_s;
  const double slope = (readings_[i].value - left.value) / whole_s;
  return joules_[i - 1] + part_s * (left.value + 0.5 * slope * part_s);
}

}  // namespace bantam::energy
