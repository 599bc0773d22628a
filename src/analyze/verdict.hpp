#pragma once
// Whether one value is better than another, as far as the measurements can tell. Knows nothing of what is
// compared.

#include <string_view>

#include "record/catalogue.hpp"
#include "record/record.hpp"

namespace bantam::analyze {

enum class Verdict {
  better,
  worse,
  equal,
  alike,  // no difference beyond a width that was asked for
  undecided
};
std::string_view name(Verdict verdict);

// Of `value` against `other`. Facts of the model file are exact. Memory peaks are single readings: within 2 %
// or 1 MiB of each other they are undecided. All else is decided only by intervals that do not overlap, so a
// value without an interval (too few samples) never decides. undecided for metrics without a direction.
Verdict compare(const record::Metric& metric, const record::Value& value, const record::Value& other);

}  // namespace bantam::analyze
