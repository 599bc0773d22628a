#pragma once
// Readings → the energy since the first of them, at any time between. Knows nothing of windows and requests.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

// The joules of a counter since its first reading, at each reading, wraps undone. `wraps_at_j` as in
// SourceFacts. invalid_measurement when it went back where it does not wrap, when it rose faster than
// `most_w`, or when two readings are so far apart that it can have wrapped in between unseen. `update_s`:
// what it may catch up on at once.
base::Result<std::vector<double>> unwrapped(std::span<const Reading> readings,
                                            std::optional<double> wraps_at_j, double most_w, double update_s);

// Joules up to each reading of a power, which runs straight from one to the next (trapezoids).
std::vector<double> integrated(std::span<const Reading> readings);

// The energy since the first reading as a function of time. All readings have values.
class EnergyCurve {
 public:
  // As many of each; times grow. `watts`: the readings are a power that `joules` integrates; else a counter,
  // which grows evenly between two readings.
  EnergyCurve(std::vector<Reading> readings, std::vector<double> joules, Quantity quantity)
      : readings_(std::move(readings)), joules_(std::move(joules)), quantity_(quantity) {}

  // A power before the first reading and after the last one stays what it was there; a counter stands.
  double at(std::int64_t time_ns) const;
  double between(std::int64_t from_ns, std::int64_t to_ns) const { return at(to_ns) - at(from_ns); }

  const std::vector<Reading>& readings() const { return readings_; }
  const std::vector<double>& joules() const { return joules_; }
  Quantity quantity() const { return quantity_; }

 private:
  std::vector<Reading> readings_;
  std::vector<double> joules_;
  Quantity quantity_;
};

}  // namespace bantam::energy
