#pragma once
// The energy of blocks -> the metrics of an energy record. Pure: knows nothing of sensors.

#include <map>
#include <optional>
#include <string>

#include "record/block_energy.hpp"

namespace bantam::measure {

// The metrics of one block, by its headline source; in `absent`, by metric, why one is not there.
struct BlockEnergyFigures {
  std::map<std::string, double> values;
  std::map<std::string, std::string> absent;
};
BlockEnergyFigures energy_figures(const record::BlockEnergy& energy);

// Why a block does not count: the headline's figure is not to be believed. Absent: it does.
std::optional<std::string> energy_disturbance(const record::BlockEnergy& energy);

}  // namespace bantam::measure
