#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/run_plan.hpp"
#include "plan/options.hpp"
#include "run/task_files.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct RunArguments {
  std::vector<std::string> models;
  OptionFlags flags;
  std::string plan_file;
  bool dry_run = false;
  bool quiet = false;
  bool yes = false;
};

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

int run_command(const CLI::App& command, const CLI::Option& models, const RunArguments& arguments) {
  if (const auto checked = check_words(command, models); !checked) return report_error(checked.error());
  auto request = request_from(arguments);
  if (!request) return report_error(request.error());
  plan::AccuracySettings& accuracy = request->plan.accuracy_settings;
  if (const auto named = run::name_task_files(accuracy.tasks, accuracy.include_paths); !named)
    return report_error(named.error());
  RunManner manner;
  manner.dry_run = arguments.dry_run;
  manner.quiet = arguments.quiet;
  manner.yes = arguments.yes;
  manner.tracking = request->tracking;
  return finish(run_plan(request->plan, request->notices, manner));
}

}  // namespace

Command setup_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand("run", "measure models × precisions × tasks");
  add_examples(
      *command,
      {{"bantam run my.gguf", "speed and memory at fp16, int8 and int4"},
       {"bantam run my.gguf --accuracy-tasks arc_easy --accuracy-limit 200", "accuracy, too"},
       {"bantam run --models small=a.gguf big=b.gguf --precisions fp16 Q5_K_M --dry-run",
        "only what it would take"},
       {"bantam run --engine openai --base-url http://127.0.0.1:8080 --models my",
        "a model behind a server"}},
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
                    fmt::format("run plans of more than {} cells without asking", kUnaskedCells));
  command->add_flag("-q,--quiet", arguments->quiet, "show failures only");
  arguments->flags.add_to(*command);
  return {command, [command, models, arguments] { return run_command(*command, *models, *arguments); }};
}

}  // namespace bantam::cli
