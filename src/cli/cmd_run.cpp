#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/options.hpp"
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

struct RunArguments {
  OptionFlags flags;
  std::string plan_file;
  bool dry_run = false;
  bool quiet = false;
};

Result<plan::Request> request_from(const RunArguments& arguments) {
  plan::OptionValues values;
  if (!arguments.plan_file.empty()) {
    TRY_ASSIGN(values, plan::read_plan_file(arguments.plan_file));
  }
  for (auto& value : arguments.flags.values()) values.push_back(std::move(value));
  return plan::build_request(values);
}

// Everything that can be wrong with the places to write to, before any work. What was made for the check and
// is empty goes away again when a later check fails.
Status check_places(const plan::Plan& plan) {
  const bool existed = std::filesystem::exists(plan.output_dir);
  TRY(base::check_writable_folder(plan.output_dir));
  std::error_code ignored;
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
  if (reused && std::filesystem::exists(report::configuration_file(plan.output_dir, record))) return {};
  TRY_ASSIGN(const auto trials, store.trials(record.cell_key, record.attempt));
  return report::write_configuration_file(plan.output_dir, record, trials);
}

// Fetches models of the hub, with a line that shows how far it is.
Result<run::Inputs> find_inputs(const plan::Plan& plan, const RunArguments& arguments,
                                job::Interrupts& interrupts) {
  TransferLine line(stderr_terminal(), arguments.quiet);
  model::LocateOptions options;
  options.offline = plan.offline;
  options.fetch = !arguments.dry_run;
  options.stopped = [&interrupts] { return interrupts.stopped(); };
  options.on_transfer = [&line](const hub::Transfer& transfer) { line.show(transfer); };
  auto inputs = run::find_inputs(plan, options);
  line.clear();
  return inputs;
}

Result<int> measure(const plan::Plan& plan, const RunArguments& arguments) {
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  TRY_ASSIGN(const run::Inputs inputs, find_inputs(plan, arguments, interrupts));
  if (!arguments.dry_run) TRY(check_places(plan));
  const run::Machine machine = run::describe_machine(plan.output_dir);
  TRY_ASSIGN(const auto kernels, run::probe_kernels(machine.engine_identity + machine.cpu_identity));
  TRY_ASSIGN(const auto cells, run::prepare(plan, inputs, machine, kernels));
  if (arguments.dry_run) {
    TRY(print(report::dry_run_page(plan, inputs, cells)));
    return kOk;
  }
  TRY_ASSIGN(store::Store store, store::Store::open(plan.store));
  ProgressLine progress(stderr_terminal(), arguments.quiet, [&](const record::Record& record, bool reused) {
    return write_file(plan, store, record, reused);
  });
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  TRY_ASSIGN(const auto summary,
             run::run_cells(plan, inputs, cells, machine, kernels, store, interrupts, progress));
  progress.clear();
  if (!arguments.quiet || summary.interrupted) {
    const double seconds = base::seconds(clock.now_ns() - start_ns);
    for (const std::string& line : report::closing_lines(summary, plan, seconds)) note("bantam: " + line);
  }
  return run_code(summary, interrupts.signal_number());
}

int run_command(const RunArguments& arguments) {
  const auto request = request_from(arguments);
  if (!request) return report_error(request.error());
  if (!arguments.quiet) {
    for (const std::string& notice : request->notices) note("bantam: " + notice);
  }
  return finish(measure(request->plan, arguments));
}

}  // namespace

Command setup_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "measure models × precisions × tasks");
  command->footer(
      "The same command again goes on where it stopped: only what is missing is measured. Ctrl-C once "
      "finishes the item\n"
      "at work, twice stops at once. A plan file (--plan) holds the same options as YAML; flags override "
      "it.");
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("--plan", arguments->plan_file, "read options from this YAML file")->type_name("FILE");
  command->add_flag("--dry-run", arguments->dry_run, "show the cells and an estimate, measure nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "show failures only");
  arguments->flags.add_to(*command);
  return {command, [arguments] { return run_command(*arguments); }};
}

}  // namespace bantam::cli
