#pragma once
// The energy of blocks -> the metrics of an energy record, and of an accuracy record that carries energy.
// Pure: knows nothing of sensors.

#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "measure/validity.hpp"
#include "record/block_energy.hpp"
#include "record/record.hpp"

namespace bantam::measure {

// The metrics of one block, by its headline source; in `absent`, by metric, why one is not there.
struct BlockEnergyFigures {
  std::map<std::string, double> values;
  std::map<std::string, std::string> absent;
};
BlockEnergyFigures energy_figures(const record::BlockEnergy& energy);

// The same of a window in which the items of an accuracy cell were scored: BlockEnergy::requests are items.
BlockEnergyFigures answer_energy_figures(const record::BlockEnergy& energy,
                                         const std::map<std::string, record::Value>& scores);
// All of them absent.
BlockEnergyFigures no_answer_energy(const std::string& reason);

// The score of a task by which answers are counted as right: "acc_norm". Empty: it has none.
std::string right_answers_key(const std::map<std::string, record::Value>& scores);

// Why a block does not count: the headline's figure is not to be believed. Absent: it does.
std::optional<std::string> energy_disturbance(const record::BlockEnergy& energy);

// Whether GPUs were too hot or short of power in these windows together, those of one GPU added up: held
// against Gates::throttle_events, one line for each GPU. `what` as in judge().
Validity judge_gpus(const std::string& what, std::span<const record::BlockEnergy* const> windows,
                    const Gates& gates);

}  // namespace bantam::measure
