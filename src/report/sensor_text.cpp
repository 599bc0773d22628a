#include "report/sensor_text.hpp"

#include <fmt/format.h>

#include "record/block_energy.hpp"
#include "record/sections.hpp"

namespace bantam::report {

std::optional<std::string> sensor_text(const record::Record& record) {
  if (const auto source = record::energy_source(record)) return record::text(*source);
  const auto origin = record::imported(record);
  return origin ? std::optional(fmt::format("of {}, not told", origin->tool)) : std::nullopt;
}

}  // namespace bantam::report
