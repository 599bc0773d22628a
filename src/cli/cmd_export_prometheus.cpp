#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "cli/terminal.hpp"
#include "store/store.hpp"
#include "tracker/prometheus.hpp"

namespace bantam::cli {
namespace {

namespace fs = std::filesystem;

struct ExportPrometheusArguments {
  std::string store = "bantam.db";
  std::string output_path;
  bool overwrite = false;
};

// A file of ours is there to be replaced; any other is somebody's.
base::Status check_place(const fs::path& path, bool may_replace) {
  if (path.extension() != ".prom") {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("{} does not end in .prom", base::printable(path.string())),
                      "node_exporter reads files of that name only");
  }
  std::error_code error;
  if (may_replace || !fs::exists(fs::symlink_status(path, error))) return {};
  const auto there = base::read_file(path);
  if (there && (there->empty() || there->starts_with(tracker::kPrometheusHead))) return {};
  return base::fail(base::ErrorKind::usage,
                    fmt::format("{} is there and not a file of bantam", base::printable(path.string())),
                    "choose another --output-path, or add --overwrite");
}

base::Result<int> export_prometheus(const ExportPrometheusArguments& arguments) {
  TRY(check_is_not_store(arguments.store, arguments.output_path));
  TRY(check_place(arguments.output_path, arguments.overwrite));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const tracker::Runs runs, tracker::runs_of(records, {}));
  for (const std::string& text : runs.notes) note("bantam: " + text);
  TRY(base::write_file_atomically(arguments.output_path, tracker::prometheus_text(runs)));
  TRY(print(arguments.output_path + "\n"));
  return kOk;
}

}  // namespace

Command setup_export_prometheus(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("prometheus", "Prometheus: a file for the textfile collector of node_exporter");
  add_examples(*command,
               {{"bantam export prometheus --output-path bantam.prom", ""},
                {"bantam export prometheus --output-path /var/lib/node_exporter/textfile/bantam.prom", ""}});
  auto arguments = std::make_shared<ExportPrometheusArguments>();
  command->add_option("--store", arguments->store, "the store to read")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--output-path,--output_path", arguments->output_path,
                   "the file to write; one of ours that is there is replaced")
      ->required()
      ->type_name("FILE.prom");
  command->add_flag("--overwrite", arguments->overwrite, "replace a file of the name that is not ours");
  return {command, [arguments] { return finish(export_prometheus(*arguments)); }};
}

}  // namespace bantam::cli
