#pragma once
// Carries out the steps of a schedule over the cells of a group, one worker at a time, until each has its
// record. Knows nothing of which cells form a group, nor of the order in which they take turns.

#include <deque>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "run/cell.hpp"
#include "run/observer.hpp"
#include "run/open_cell.hpp"
#include "run/prepare.hpp"
#include "run/schedule.hpp"
#include "run/walk.hpp"

namespace bantam::run {

// A worker died of it, or it was seen before. Absent without a failure.
std::optional<base::ErrorKind> kind_of_failure(const std::optional<record::Failure>& failure);

// What a walk has at hand. Only references: the run owns them all.
struct WalkContext {
  const plan::Plan& plan;
  const Inputs& inputs;
  const std::vector<PreparedCell>& cells;
  const Machine& machine;
  const KernelVerdicts& kernels;
  store::Store& store;
  job::Interrupts& interrupts;
  Observer& observer;
};

// One cell of a group, on its way to its record.
struct Walker {
  CellContext context;
  CellPosition position;
  std::optional<record::Record> known;  // the last finished record, of an earlier run
  std::optional<OpenCell> open = {};    // while an attempt is open
  bool is_prepared = false;
  bool cannot_be_prepared = false;
  bool has_worked = false;  // in this run, so that the record knows engine and model
  bool is_settled = false;  // has a record of this run
};
using Group = std::deque<Walker>;  // an OpenCell points to its context: they do not move

class Turns {
 public:
  explicit Turns(WalkContext context) : context_(context) {}

  // Errors of all that follows: the store's, the observer's, and interrupted; those of a cell are its record.

  base::Result<Walker> walker(std::size_t index);
  // Its record of an earlier run stands.
  bool is_final(const Walker& walker) const;
  // The cell alone, unless its record is there or it cannot be measured.
  base::Status walk_alone(std::size_t index);
  // Opens the cell's attempt unless it is open.
  base::Status open(Walker& walker);
  base::Status settle(Walker& walker, const record::Record& record, bool reused);
  // Until the schedule has no further step. A record of an earlier run to which nothing was added stands.
  base::Status take_turns(Group& group, Schedule& schedule);
  base::Status check_interrupts();

  const WalkContext& context() const { return context_; }
  const RunSummary& summary() const { return summary_; }

 private:
  base::Status take(const MeasurePart& step, Group& group, Schedule& schedule);
  base::Status take(const CloseCell& step, Group& group, Schedule& schedule);
  base::Status take(const FailCell& step, Group& group, Schedule& schedule);
  base::Status judged(const base::Status& done, std::size_t cell, Group& group, Schedule& schedule);
  base::Status failed(const base::Error& error, std::size_t cell, Group& group, Schedule& schedule);
  base::Status measure(Walker& walker, const Part& part);
  base::Status close(Walker& walker, const CloseCell& step);
  base::Status wait_until_quiet();
  base::Status wait_until_cool(Walker& walker, const Part& part);

  WalkContext context_;
  RunSummary summary_;
};

}  // namespace bantam::run
