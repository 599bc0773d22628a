#pragma once
// The energy of an accuracy cell's items: sensors are read while a worker scores them, part by part.

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "measure/validity.hpp"
#include "plan/plan.hpp"
#include "record/block_energy.hpp"
#include "record/record.hpp"
#include "run/power.hpp"

namespace bantam::run {

// When a worker scored items, by the clock of the sensors, as its messages told.
struct Answering {
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::int64_t items = 0;  // those that were not done before
};

class AnswerEnergy {
 public:
  // The machine is idle, and a worker is about to be started.
  AnswerEnergy();
  // The worker is gone. `power` was begun before it. A window in which others took more of the CPU than
  // `gates` allow counts as none, with that reason. Errors: those of `wait`.
  base::Result<record::BlockEnergy> end(BlockPower& power, const Answering& answering,
                                        const measure::Gates& gates, const Wait& wait) const;

 private:
  measure::Snapshot before_;
  double children_s_ = 0.0;
};

// A further part of the same cell. A figure that one of the two lacks is absent of both together.
void add_part(record::BlockEnergy& sum, const record::BlockEnergy& part);

// Puts the figures into the record of a cell that is scored; `energy` absent: no item was scored in this
// sitting. Warns where items were scored before, when no sensor was read.
void set_answer_energy(record::Record& record, const std::optional<record::BlockEnergy>& energy);

}  // namespace bantam::run
