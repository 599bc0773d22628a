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

std::optional<std::string> sensor_text(const analyze::Configuration& configuration) {
  const auto cell = configuration.cells.find(std::string(analyze::kEnergy));
  return cell == configuration.cells.end() ? std::nullopt : sensor_text(cell->second);
}

}  // namespace bantam::report
