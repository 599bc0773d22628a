#include "run/runner.hpp"

#include "run/cell_run.hpp"

namespace bantam::run {
namespace {

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

}  // namespace

base::Result<RunSummary> run_cells(const plan::Plan& plan, const Inputs& inputs,
                                   const std::vector<PreparedCell>& cells, const Machine& machine,
                                   const KernelVerdicts& kernels, store::Store& store, Interrupts& interrupts,
                                   Observer& observer) {
  RunSummary summary;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const PreparedCell& cell = cells[i];
    const CellPosition position{i, cells.size(), cell.cell};
    TRY_ASSIGN(const auto known, store.find_record(cell.key));
    if (known && is_final(*known, plan.retry)) {
      count(summary, *known, true);
      TRY(observer.on_cell_finished(position, *known, true));
      continue;
    }
    interrupts.update();
    if (interrupts.count() > 0) {
      summary.interrupted = true;
      return summary;
    }
    observer.on_cell_started(position);
    const CellRun run{plan,
                      inputs.sources[cell.source],
                      inputs.embedder ? &*inputs.embedder : nullptr,
                      cell,
                      machine,
                      kernels,
                      store,
                      interrupts,
                      observer};
    TRY_ASSIGN(const auto record, run_cell(run));
    if (!record) {
      summary.interrupted = true;
      return summary;
    }
    count(summary, *record, false);
    TRY(observer.on_cell_finished(position, *record, false));
  }
  return summary;
}

}  // namespace bantam::run
