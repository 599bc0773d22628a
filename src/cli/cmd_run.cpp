#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "analyze/analysis.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/run_outlook.hpp"
#include "cli/run_trackers.hpp"
#include "cli/terminal.hpp"
#include "plan/options.hpp"
#include "report/closing_lines.hpp"
#include "report/dry_run_page.hpp"
#include "report/files.hpp"
#include "run/prepare.hpp"
#include "run/task_files.hpp"
#include "run/walk.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;
using base::Status;

struct RunArguments {
  std::vector<std::string> models;
  OptionFlags flags;
  std::string plan_file;
  bool dry_run = false;
  bool quiet = false;
  bool yes = false;
};

// A plan of more cells is asked about first; of many more not even an estimate is made.
constexpr std::size_t kUnasked = 1000;
constexpr std::size_t kMostEstimated = 100'000;

Result<plan::Request> request_from(const RunArguments& arguments) {
  for (const std::string& model : arguments.models) {
    if (!base::ascii_lower(model).ends_with(".yaml")) continue;
    return base::fail(base::ErrorKind::usage, fmt::format("{} is no model", base::printable(model)),
                      fmt::format("a plan file is named by --plan {}", base::printable(model)));
  }
  TRY(arguments.flags.check_lists());
  plan::OptionValues values;
  if (!arguments.plan_file.empty()) {
    TRY_ASSIGN(values, plan::read_plan_file(arguments.plan_file));
  }
  for (auto& value : arguments.flags.values_with(arguments.models)) values.push_back(std::move(value));
  return plan::build_request(values);
}

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
Result<run::Inputs> find_inputs(const plan::Plan& plan, const RunArguments& arguments, bool fetch,
                                job::Interrupts& interrupts) {
  TransferLine line(stderr_terminal(), arguments.quiet);
  model::LocateOptions options;
  options.offline = plan.offline;
  options.fetch = fetch;
  options.stopped = [&interrupts] { return interrupts.stopped(); };
  options.on_transfer = [&line](const hub::Transfer& transfer) { line.show(transfer); };
  auto inputs = run::find_inputs(plan, options);
  line.clear();
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

Result<int> measure(const plan::Request& request, const RunArguments& arguments) {
  const plan::Plan& plan = request.plan;
  TRY(store::check_place(plan.store));
  TRY(check_tracking(request.tracking));
  const bool asks = !arguments.dry_run && !arguments.yes && count_cells(plan) > kUnasked;
  if (asks && count_cells(plan) > kMostEstimated)
    return ask_first(fmt::format("more than {} cells", kMostEstimated));
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  const bool only_looks = arguments.dry_run || asks;
  const HashingLine hashing(stderr_terminal(), arguments.quiet, [&] { return interrupts.stopped(); });
  TRY_ASSIGN(const run::Inputs inputs, find_inputs(plan, arguments, !only_looks, interrupts));
  if (!arguments.quiet) note_all(request.notices);
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
  ProgressLine progress(
      stderr_terminal(), arguments.quiet,
      [&](const record::Record& record, bool reused) { return write_file(plan, store, record, reused); },
      forecasts(plan, inputs, cells, outlooks));
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  TRY_ASSIGN(const auto summary,
             run::run_cells(plan, inputs, cells, machine, kernels, store, interrupts, progress));
  progress.clear();
  if (!arguments.quiet && !summary.interrupted && summary.ok > 0) TRY(print_results(plan, cells, store));
  std::vector<std::string> for_trackers;
  if (!summary.interrupted) {
    TRY_ASSIGN(for_trackers, leave_for_trackers(plan, request.tracking, cells, store));
  }
  if (!arguments.quiet || summary.interrupted) {
    const double seconds = base::seconds(clock.now_ns() - start_ns);
    for (const std::string& line : report::closing_lines(summary, plan, seconds)) note("bantam: " + line);
    for (const std::string& line : for_trackers) note("bantam: " + line);
  }
  return run_code(summary, interrupts.signal_number());
}

int run_command(const CLI::App& command, const CLI::Option& models, const RunArguments& arguments) {
  if (const auto checked = check_words(command, models); !checked) return report_error(checked.error());
  auto request = request_from(arguments);
  if (!request) return report_error(request.error());
  plan::AccuracySettings& accuracy = request->plan.accuracy_settings;
  if (const auto named = run::name_task_files(accuracy.tasks, accuracy.include_paths); !named)
    return report_error(named.error());
  return finish(measure(*request, arguments));
}

}  // namespace

Command setup_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "measure models × precisions × tasks");
  add_examples(
      *command,
      {{"bantam run my.gguf", "speed and memory at fp16, int8 and int4"},
       {"bantam run my.gguf --accuracy-tasks arc_easy --accuracy-limit 200", "accuracy, too"},
       {"bantam run --models small=a.gguf big=b.gguf --precisions fp16 Q5_K_M --dry-run",
        "only what it would take"}},
      "The same command again goes on where it stopped: only what is missing is measured. Ctrl-C once "
      "finishes the item\n"
      "at work, twice stops at once. A plan file (--plan) holds the same options as YAML; flags override "
      "it.");
  auto arguments = std::make_shared<RunArguments>();
  const CLI::Option* models =
      command->add_option("MODEL", arguments->models, "as --models; several may be given")->type_name("");
  command->add_option("--plan", arguments->plan_file, "read options from this YAML file")->type_name("FILE");
  command->add_flag("--dry-run", arguments->dry_run, "show the cells and an estimate, measure nothing");
  command->add_flag("-y,--yes", arguments->yes,
                    fmt::format("run plans of more than {} cells without asking", kUnasked));
  command->add_flag("-q,--quiet", arguments->quiet, "show failures only");
  arguments->flags.add_to(*command);
  return {command, [command, models, arguments] { return run_command(*command, *models, *arguments); }};
}

}  // namespace bantam::cli
