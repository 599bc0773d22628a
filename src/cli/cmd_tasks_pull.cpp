#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "evaluate/prompts.hpp"
#include "job/interrupts.hpp"
#include "report/pull_page.hpp"
#include "run/task_files.hpp"
#include "task/library.hpp"
#include "task/task_data.hpp"

namespace bantam::cli {
namespace {

using base::Json;
using base::Result;
using report::PulledTask;

struct PullArguments {
  std::vector<std::string> tasks;
  std::vector<std::string> include_paths;
  std::optional<int> num_fewshot;
  std::string format = "table";
  bool offline = false;
  bool dry_run = false;
  bool quiet = false;
  bool allow_task_code = false;
};

class Puller {
 public:
  Puller(const PullArguments& arguments, hub::DataHub& hub, TransferLine& line)
      : arguments_(arguments), hub_(hub), line_(line) {
    settings_.num_fewshot = arguments.num_fewshot;
  }

  Result<PulledTask> pull(const task::TaskLibrary& library, const std::string& name) {
    TRY_ASSIGN(const task::Selection selection, library.find(name));
    PulledTask pulled;
    pulled.name = name;
    pulled.tasks = selection.leaves.size();
    for (const task::Task& leaf : selection.leaves) TRY(add(leaf, pulled));
    return pulled;
  }

 private:
  base::Status add(const task::Task& leaf, PulledTask& pulled) {
    const bool with_fewshot = evaluate::fewshot_count(leaf, settings_) > 0;
    if (arguments_.dry_run) {
      TRY_ASSIGN(const auto missing, task::missing_data(leaf, with_fewshot, hub_));
      for (const task::MissingData& data : missing) {
        pulled.rows += data.rows.value_or(0);
        pulled.bytes += data.bytes.value_or(0);
      }
      pulled.places += missing.size();
      return {};
    }
    TRY_ASSIGN(const task::FetchedData fetched,
               task::fetch_data(leaf, with_fewshot, hub_,
                                [this](const hub::Transfer& transfer) { line_.show(transfer); }));
    pulled.rows += fetched.rows;
    pulled.bytes += fetched.bytes;
    return {};
  }

  const PullArguments& arguments_;
  hub::DataHub& hub_;
  TransferLine& line_;
  task::Settings settings_;
};

// Every name is tried; the code is that of the first failure.
Result<int> pull_all(const PullArguments& arguments, job::Interrupts& interrupts) {
  std::vector<std::string> names = arguments.tasks;
  std::vector<std::filesystem::path> folders(arguments.include_paths.begin(), arguments.include_paths.end());
  TRY(run::name_task_files(names, folders));
  TRY_ASSIGN(const auto library, task::open_library(folders, arguments.allow_task_code));
  const auto stopped = [&] { return interrupts.stopped(); };
  const HashingLine hashing(stderr_terminal(), arguments.quiet, stopped);
  TRY_ASSIGN(hub::DataHub hub, hub::open_data_hub({arguments.offline, stopped}));
  TransferLine line(stderr_terminal(), arguments.quiet);
  Puller puller(arguments, hub, line);
  Json results = Json::array();
  int code = kOk;
  for (const std::string& name : names) {
    const auto pulled = puller.pull(library, name);
    line.clear();
    if (!pulled) {
      const int failure = report_error(pulled.error());
      if (pulled.error().kind == base::ErrorKind::interrupted)
        return interrupted_code(interrupts.signal_number());
      if (code == kOk) code = failure;
      continue;
    }
    results.push_back(report::to_json(*pulled, arguments.dry_run));
    if (arguments.format != "json") TRY(print(report::pulled_lines(*pulled, arguments.dry_run)));
  }
  if (arguments.format == "json") TRY(print(base::to_text(results, 2) + "\n"));
  return code;
}

int run_pull(const PullArguments& arguments) {
  auto interrupts = job::Interrupts::watch();
  if (!interrupts) return report_error(interrupts.error());
  return finish(pull_all(arguments, *interrupts));
}

}  // namespace

Command setup_tasks_pull(CLI::App& app) {
  CLI::App* command = app.add_subcommand("pull", "fetch the data of tasks, for use without a network");
  add_examples(*command,
               {{"bantam tasks pull arc_easy hellaswag", ""}, {"bantam tasks pull suite --dry-run", ""}});
  auto arguments = std::make_shared<PullArguments>();
  command->add_option("TASK", arguments->tasks, "tasks, groups or tags")->required()->type_name("");
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command
      ->add_option(
          "--num-fewshot", arguments->num_fewshot,
          "examples that will be asked for: above 0 their split is fetched too (default: the task's)")
      ->type_name("N");
  command->add_flag("--allow-task-code", arguments->allow_task_code,
                    "take tasks whose Python functions would have to be run; nothing is run");
  command->add_flag("--offline", arguments->offline,
                    "only check that all is here; also by HF_DATASETS_OFFLINE=1");
  command->add_flag("--dry-run", arguments->dry_run, "say what is missing, fetch nothing");
  command->add_flag("-q,--quiet", arguments->quiet, "no progress");
  command->add_option("-o,--output", arguments->format, "table or json")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] { return run_pull(*arguments); }};
}

}  // namespace bantam::cli
