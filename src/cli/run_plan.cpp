#include "cli/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/run_outlook.hpp"
#include "cli/run_trackers.hpp"
#include "cli/terminal.hpp"
#include "predict/work_facts.hpp"
#include "report/closing_lines.hpp"
#include "report/dry_run_page.hpp"
#include "report/files.hpp"
#include "run/prepare.hpp"
#include "run/walk.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

// Of many more cells than are asked about not even an estimate is made.
constexpr std::size_t kMostEstimated = 100'000;

// Everything that can be wrong with the places to write to, before any work. What was made for the check and
// is empty goes away again when a later check fails.
Status check_places(const plan::Plan& plan) {
  std::error_code ignored;
  const bool existed = std::filesystem::exists(plan.output_dir, ignored);
  TRY(base::check_writable_folder(plan.output_dir));
  if (!existed) std::filesystem::remove(plan.output_dir, ignored);
  return {};
}

int run_code(const run::RunSummary& summary, std::optional<int> signal_number) {
  if (summary.interrupted) return interrupted_code(signal_number);
  if (summary.failed + summary.invalid == 0) return summary.with_failed_items == 0 ? kOk : kSomeFailed;
  if (summary.ok > 0 || !summary.first_failure) return kSomeFailed;
  return exit_code(*summary.first_failure);
}

// Keeps the tree of JSON files in step with the store.
Status write_file(const plan::Plan& plan, store::Store& store, const record::Record& record, bool reused) {
  std::error_code ignored;
  if (reused && std::filesystem::exists(report::configuration_file(plan.output_dir, record), ignored))
    return {};
  TRY_ASSIGN(const auto trials, store.trials(record.cell_key, record.attempt));
  return report::write_configuration_file(plan.output_dir, record, trials);
}

// Fetches models of the hub, with a line that shows how far it is.
Result<run::Inputs> find_inputs(const plan::Plan& plan, const RunManner& manner, bool fetch,
                                job::Interrupts& interrupts) {
  TransferLine line(stderr_terminal(), manner.quiet);
  model::LocateOptions options;
  options.offline = plan.offline;
  options.fetch = fetch;
  options.stopped = [&interrupts] { return interrupts.stopped(); };
  options.on_transfer = [&line](const hub::Transfer& transfer) { line.show(transfer); };
  auto inputs = run::find_inputs(plan, options);
  line.clear();
  if (inputs && plan.measures(record::CellKind::resources)) inputs->tell_work = predict::work_facts;
  return inputs;
}

// Exact up to kMostEstimated; a plan far beyond is not unfolded.
std::size_t count_cells(const plan::Plan& plan) {
  const std::size_t rows = plan.models.size() * plan.precisions.size();
  return rows > kMostEstimated ? rows : plan::unfold(plan).size();
}

tl::unexpected<base::Error> ask_first(const std::string& what) {
  return base::fail(base::ErrorKind::usage, fmt::format("the plan has {}", what),
                    "add --yes to run them, or look at them with --dry-run");
}

// A notice may have several lines.
void note_all(const std::vector<std::string>& notices) {
  for (const std::string& notice : notices) {
    const auto lines = base::split(notice, '\n');
    note("bantam: " + lines.front());
    for (std::size_t i = 1; i < lines.size(); ++i) note(lines[i]);
  }
}

bool is_made_with_calibration(const run::PreparedCell& cell) {
  return cell.artifact.calibration.has_value();
}

// Seconds that the cells which are not over are expected to take, as far as anybody can tell.
double expected_s(const std::vector<Forecast>& forecasts) {
  double sum = 0.0;
  for (const Forecast& one : forecasts) sum += one.is_done ? 0.0 : one.seconds.value_or(0.0);
  return sum;
}

}  // namespace

Result<int> run_plan(const plan::Plan& plan, const std::vector<std::string>& notices,
                     const RunManner& manner) {
  TRY(store::check_place(plan.store));
  TRY(check_tracking(manner.tracking));
  const bool asks = !manner.dry_run && !manner.yes && count_cells(plan) > kUnaskedCells;
  if (asks && count_cells(plan) > kMostEstimated)
    return ask_first(fmt::format("more than {} cells", kMostEstimated));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  const bool only_looks = manner.dry_run || asks;
  const HashingLine hashing(stderr_terminal(), manner.quiet, [&] { return interrupts.stopped(); });
  TRY_ASSIGN(const run::Inputs inputs, find_inputs(plan, manner, !only_looks, interrupts));
  if (!manner.quiet) note_all(notices);
  if (!only_looks) TRY(check_places(plan));
  const run::Machine machine = run::describe_machine(plan.output_dir);
  TRY_ASSIGN(const auto kernels, run::probe_kernels(machine.engine_identity + machine.cpu_identity));
  TRY_ASSIGN(const auto cells, run::prepare(plan, inputs, machine, kernels));
  if (!plan.calibration.dataset.empty() && std::ranges::none_of(cells, is_made_with_calibration))
    note("bantam: --calibration-dataset has no effect: no file of these precisions is made with it");
  if (only_looks) {
    TRY_ASSIGN(const auto outlooks, outlooks_for(plan, cells));
    if (asks) return ask_first(report::dry_run_total(plan, inputs, cells, outlooks));
    TRY(print(report::dry_run_page(plan, inputs, cells, outlooks)));
    return kOk;
  }
  TRY_ASSIGN(store::Store store, store::Store::open(plan.store));
  TRY_ASSIGN(const auto outlooks, outlooks_for(plan, cells, &store));
  const auto expected = forecasts(plan, inputs, cells, outlooks);
  if (manner.at_most_s && expected_s(expected) > *manner.at_most_s) {
    note(fmt::format("bantam: not begun: it would take about {}, and {} are left",
                     base::format_seconds(expected_s(expected)), base::format_seconds(*manner.at_most_s)));
    return kNotBegun;
  }
  ProgressLine progress(
      stderr_terminal(), manner.quiet,
      [&](const record::Record& record, bool reused) { return write_file(plan, store, record, reused); },
      expected);
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  TRY_ASSIGN(const auto summary,
             run::run_cells(plan, inputs, cells, machine, kernels, store, interrupts, progress));
  progress.clear();
  if (manner.prints_results && !manner.quiet && !summary.interrupted && summary.ok > 0)
    TRY(print_results(plan, cells, store));
  std::vector<std::string> for_trackers;
  if (!summary.interrupted) {
    TRY_ASSIGN(for_trackers, leave_for_trackers(plan, manner.tracking, cells, store));
  }
  if (!manner.quiet || summary.interrupted) {
    const double seconds = base::seconds(clock.now_ns() - start_ns);
    for (const std::string& line : report::closing_lines(summary, plan, seconds)) note("bantam: " + line);
    for (const std::string& line : for_trackers) note("bantam: " + line);
  }
  return run_code(summary, interrupts.signal_number());
}

}  // namespace bantam::cli
