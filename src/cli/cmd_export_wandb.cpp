#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "store/store.hpp"
#include "tracker/wandb.hpp"

namespace bantam::cli {
namespace {

struct ExportWandbArguments {
  std::string store = "bantam.db";
  std::string output_path;
  tracker::WandbOptions options;
  std::vector<std::string> tags;  // as typed
  bool overwrite = false;
};

base::Result<int> export_wandb(const ExportWandbArguments& arguments) {
  tracker::WandbOptions options = arguments.options;
  for (const std::string& text : arguments.tags) {
    for (std::string& tag : base::split_list(text)) options.tags.push_back(std::move(tag));
  }
  TRY(tracker::check(options));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const tracker::Runs runs,
             tracker::runs_of(records, [&store](const std::string& key, std::int64_t attempt) {
               return store.blocks(key, attempt);
             }));
  TRY_ASSIGN(const auto written, tracker::write_wandb(arguments.output_path, runs, options,
                                                      arguments.overwrite ? tracker::Existing::replace
                                                                          : tracker::Existing::keep));
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
  command->add_option("--store", arguments->store, "the store to read")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--output-path,--output_path", arguments->output_path,
                   "the folder that gets the folder wandb")
      ->required()
      ->type_name("DIR");
  command->add_option("--project", arguments->options.project, "the project of the runs")
      ->capture_default_str()
      ->type_name("NAME");
  command->add_option("--entity", arguments->options.entity, "the user or team [whoever uploads]")
      ->type_name("NAME");
  command
      ->add_option("--run-name,--name", arguments->options.name,
                   "what runs are called; place holders: {model} {precision} {point} {device}")
      ->capture_default_str()
      ->type_name("TEMPLATE");
  command->add_option("--tags", arguments->tags, "tags of all runs, beside model, precision and evidence")
      ->type_name("TAG");
  command->add_flag("--overwrite", arguments->overwrite, "replace runs that are there with other content");
  return {command, [arguments] { return finish(export_wandb(*arguments)); }};
}

}  // namespace bantam::cli
