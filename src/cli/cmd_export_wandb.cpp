#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "cli/terminal.hpp"
#include "cli/tracker_options.hpp"
#include "store/store.hpp"
#include "tracker/wandb.hpp"

namespace bantam::cli {
namespace {

struct ExportWandbArguments {
  ExportOptions files;
  tracker::WandbOptions options;
  std::vector<std::string> tags;  // as typed
};

base::Result<int> export_wandb(const ExportWandbArguments& arguments) {
  tracker::WandbOptions options = arguments.options;
  for (const std::string& text : arguments.tags) {
    for (std::string& tag : base::split_list(text)) options.tags.push_back(std::move(tag));
  }
  TRY(tracker::check(options));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.files.store));
  TRY_ASSIGN(const tracker::Runs runs, runs_of(store));
  TRY_ASSIGN(const auto written,
             tracker::write_wandb(arguments.files.output_path, runs, options, arguments.files.existing()));
  for (const std::string& text : written.notes) note("bantam: " + text);
  std::string folders;
  for (const auto& folder : written.folders) folders += folder.string() + "\n";
  TRY(print(folders));
  note("bantam: `wandb sync FOLDER` uploads a run");
  return kOk;
}

}  // namespace

Command setup_export_wandb(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "wandb", "Weights & Biases: offline runs, one per model and precision, for `wandb sync`");
  add_examples(
      *command,
      {{"bantam export wandb --output-path out", "then: wandb sync out/wandb/offline-run-*"},
       {"bantam export wandb --output-path out --project edge --run-name \"{model} {precision} on {device}\"",
        ""}});
  auto arguments = std::make_shared<ExportWandbArguments>();
  add_export_options(*command, arguments->files, "the folder that gets the folder wandb", "DIR");
  command->add_option("--project", arguments->options.project, "the project of the runs")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--entity", arguments->options.entity, "the user or team [whoever uploads]")
      ->type_name("NAME");
  add_run_name(*command, arguments->options.name);
  command->add_option("--tags", arguments->tags, "tags of all runs, beside model, precision and evidence")
      ->type_name("TAG");
  return {command, [arguments] { return finish(export_wandb(*arguments)); }};
}

}  // namespace bantam::cli
