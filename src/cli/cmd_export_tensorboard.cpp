#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "store/store.hpp"
#include "tracker/tensorboard.hpp"

namespace bantam::cli {
namespace {

struct ExportTensorboardArguments {
  std::string store = "bantam.db";
  std::string output_path;
  std::string name = tracker::kUsualName;
  bool overwrite = false;
};

base::Result<int> export_tensorboard(const ExportTensorboardArguments& arguments) {
  TRY(tracker::check_name_template(arguments.name));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const tracker::Runs runs,
             tracker::runs_of(records, [&store](const std::string& key, std::int64_t attempt) {
               return store.blocks(key, attempt);
             }));
  for (const std::string& text : runs.notes) note("bantam: " + text);
  TRY_ASSIGN(const auto files, tracker::write_tensorboard(arguments.output_path, runs, arguments.name,
                                                          arguments.overwrite ? tracker::Existing::replace
                                                                              : tracker::Existing::keep));
  std::string lines;
  for (const auto& file : files) lines += file.string() + "\n";
  TRY(print(lines));
  return kOk;
}

}  // namespace

Command setup_export_tensorboard(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("tensorboard", "TensorBoard: event files, one folder per model and precision");
  add_examples(*command,
               {{"bantam export tensorboard --output-path logs", "then: tensorboard --logdir logs"},
                {"bantam export tensorboard --output-path logs --run-name \"{precision} on {device}\"", ""}});
  auto arguments = std::make_shared<ExportTensorboardArguments>();
  command->add_option("--store", arguments->store, "the store to read")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--output-path,--output_path", arguments->output_path, "the folder to write to")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--run-name,--name", arguments->name,
                   "what runs are called; place holders: {model} {precision} {point} {device}")
      ->capture_default_str()
      ->type_name("TEMPLATE");
  command->add_flag("--overwrite", arguments->overwrite, "replace files that are there with other content");
  return {command, [arguments] { return finish(export_tensorboard(*arguments)); }};
}

}  // namespace bantam::cli
