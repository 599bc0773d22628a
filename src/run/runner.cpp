#include "run/runner.hpp"

#include <set>
#include <span>
#include <utility>

#include "run/cell_run.hpp"
#include "run/contest_cells.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using record::Outcome;

bool is_final(const record::Record& record, bool retry) {
  const bool settled = record.outcome == Outcome::ok || record.outcome == Outcome::skipped;
  return settled || !retry;
}

void count(RunSummary& summary, const record::Record& record, bool reused) {
  summary.reused += reused ? 1 : 0;
  switch (record.outcome) {
    case Outcome::ok:
      ++summary.ok;
      return;
    case Outcome::skipped:
      ++summary.skipped;
      return;
    case Outcome::failed:
      ++summary.failed;
      break;
    case Outcome::invalid:
      ++summary.invalid;
      break;
  }
  if (summary.first_failure) return;
  summary.first_failure = record.outcome == Outcome::invalid
                              ? base::ErrorKind::invalid_measurement
                              : base::error_kind_from(record.failure ? record.failure->kind : "");
}

// The walk over the cells.
class Walk {
 public:
  Walk(const plan::Plan& plan, const Inputs& inputs, const std::vector<PreparedCell>& cells,
       const Machine& machine, const KernelVerdicts& kernels, store::Store& store,
       job::Interrupts& interrupts, Observer& observer)
      : plan_(plan),
        inputs_(inputs),
        cells_(cells),
        machine_(machine),
        kernels_(kernels),
        store_(store),
        interrupts_(interrupts),
        observer_(observer) {}

  Result<RunSummary> through() {
    std::set<std::size_t> settled;
    for (std::size_t i = 0; i < cells_.size() && !summary_.interrupted; ++i) {
      if (settled.contains(i)) continue;
      const std::vector<std::size_t> members = contest_of(i);
      if (members.empty()) {
        TRY(run_alone(i));
      } else {
        TRY(run_together(members));
        settled.insert(members.begin(), members.end());
      }
    }
    return summary_;
  }

 private:
  // The cells that are decided together with this one, the base's first; empty where it is run alone.
  std::vector<std::size_t> contest_of(std::size_t index) const {
    const PreparedCell& cell = cells_[index];
    if (!plan::is_staged(plan_, cell.cell.task)) return {};
    const std::size_t base = cell.decided_against.value_or(index);
    if (cells_[base].skip_reason) return {};
    std::vector<std::size_t> members{base};
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].decided_against == base) members.push_back(i);
    }
    return members;
  }

  CellPosition position_of(std::size_t index) const { return {index, cells_.size(), cells_[index].cell, ""}; }

  CellRun run_of(std::size_t index) const {
    const PreparedCell& cell = cells_[index];
    return {plan_,
            inputs_.sources[cell.source],
            inputs_.embedder ? &*inputs_.embedder : nullptr,
            cell,
            machine_,
            kernels_,
            store_,
            interrupts_,
            observer_};
  }

  Status settle(const CellPosition& position, const record::Record& record, bool reused) {
    count(summary_, record, reused);
    return observer_.on_cell_finished(position, record, reused);
  }

  bool is_interrupted() {
    interrupts_.update();
    summary_.interrupted = interrupts_.count() > 0;
    return summary_.interrupted;
  }

  Status run_alone(std::size_t index) {
    TRY_ASSIGN(const auto known, store_.find_record(cells_[index].key));
    if (known && is_final(*known, plan_.retry)) return settle(position_of(index), *known, true);
    if (is_interrupted()) return {};
    observer_.on_cell_started(position_of(index));
    const CellRun run = run_of(index);
    TRY_ASSIGN(const auto record, run_cell(run));
    summary_.interrupted = !record;
    return record ? settle(position_of(index), *record, false) : Status{};
  }

  Result<ContestCell> contest_cell(std::size_t index) {
    TRY_ASSIGN(auto known, store_.find_record(cells_[index].key));
    return ContestCell{run_of(index), position_of(index), std::move(known)};
  }

  // A contest among those that are not decided yet; the base's cell goes as far as they need it.
  Status run_together(const std::vector<std::size_t>& members) {
    TRY_ASSIGN(const ContestCell base, contest_cell(members.front()));
    std::vector<ContestCell> open;
    for (const std::size_t index : std::span(members).subspan(1)) {
      TRY_ASSIGN(ContestCell cell, contest_cell(index));
      if (cells_[index].skip_reason || (cell.known && is_final(*cell.known, plan_.retry))) {
        TRY(run_alone(index));
        if (summary_.interrupted) return {};
      } else {
        open.push_back(std::move(cell));
      }
    }
    if (is_interrupted()) return {};
    const Looks& looks = *inputs_.tasks.at(base.position.cell.task).looks;
    const auto on_record = [this](const CellPosition& position, const record::Record& record, bool reused) {
      return settle(position, record, reused);
    };
    TRY_ASSIGN(summary_.interrupted, run_contest_cells(base, open, looks, on_record));
    return {};
  }

  const plan::Plan& plan_;
  const Inputs& inputs_;
  const std::vector<PreparedCell>& cells_;
  const Machine& machine_;
  const KernelVerdicts& kernels_;
  store::Store& store_;
  job::Interrupts& interrupts_;
  Observer& observer_;
  RunSummary summary_;
};

}  // namespace

Result<RunSummary> run_cells(const plan::Plan& plan, const Inputs& inputs,
                             const std::vector<PreparedCell>& cells, const Machine& machine,
                             const KernelVerdicts& kernels, store::Store& store, job::Interrupts& interrupts,
                             Observer& observer) {
  return Walk(plan, inputs, cells, machine, kernels, store, interrupts, observer).through();
}

}  // namespace bantam::run
