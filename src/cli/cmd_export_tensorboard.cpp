#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "cli/terminal.hpp"
#include "cli/tracker_options.hpp"
#include "store/store.hpp"
#include "tracker/tensorboard.hpp"

namespace bantam::cli {
namespace {

struct ExportTensorboardArguments {
  ExportOptions files;
  std::string name = tracker::kUsualName;
};

base::Result<int> export_tensorboard(const ExportTensorboardArguments& arguments) {
  TRY(tracker::check_name_template(arguments.name));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.files.store));
  TRY_ASSIGN(const tracker::Runs runs, runs_of(store));
  for (const std::string& text : runs.notes) note("bantam: " + text);
  TRY_ASSIGN(const auto files, tracker::write_tensorboard(arguments.files.output_path, runs, arguments.name,
                                                          arguments.files.existing()));
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
  add_export_options(*command, arguments->files, "the folder to write to", "DIR");
  add_run_name(*command, arguments->name);
  return {command, [arguments] { return finish(export_tensorboard(*arguments)); }};
}

}  // namespace bantam::cli
