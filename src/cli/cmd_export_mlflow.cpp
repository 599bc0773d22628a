#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "cli/tracker_options.hpp"
#include "store/store.hpp"
#include "tracker/mlflow.hpp"

namespace bantam::cli {
namespace {

struct ExportMlflowArguments {
  std::string store = "bantam.db";
  std::string url;
  tracker::MlflowOptions options;
  std::vector<std::string> tags;  // "NAME=VALUE"
};

base::Result<tracker::MlflowServer> open_server(const std::string& given) {
  const std::string address = given.empty() ? base::environment_text("MLFLOW_TRACKING_URI") : given;
  if (address.empty()) {
    return base::fail(base::ErrorKind::usage, "which tracking server? --url is missing",
                      "add --url http://127.0.0.1:5000, or set MLFLOW_TRACKING_URI");
  }
  TRY_ASSIGN(auto credentials, tracker::find_mlflow_credentials());
  TRY_ASSIGN(std::shared_ptr<hub::Transport> transport, hub::make_http_transport());
  return tracker::MlflowServer::make(address, std::move(credentials), std::move(transport),
                                     hub::real_waiting({}));
}

base::Result<int> export_mlflow(const ExportMlflowArguments& arguments) {
  tracker::MlflowOptions options = arguments.options;
  for (const std::string& text : arguments.tags) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) {
      return base::fail(base::ErrorKind::usage, fmt::format("--tag '{}' has no value", base::printable(text)),
                        "write --tag NAME=VALUE");
    }
    options.tags.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  TRY(tracker::check(options));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const tracker::Runs runs, runs_of(store));
  TRY_ASSIGN(tracker::MlflowServer server, open_server(arguments.url));
  for (const std::string& text : runs.notes) note("bantam: " + text);
  TRY_ASSIGN(const auto done, tracker::export_mlflow(server, runs, options));
  std::string lines;
  for (const tracker::MlflowRun& run : done)
    lines += base::printable(fmt::format("{} {} ({})", run.id, run.name, run.state)) + "\n";
  TRY(print(lines));
  return kOk;
}

}  // namespace

Command setup_export_mlflow(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("mlflow", "MLflow: runs on a tracking server, one per model and precision");
  add_examples(
      *command,
      {{"bantam export mlflow --url http://127.0.0.1:5000", ""},
       {"bantam export mlflow --url https://mlflow.example --experiment edge --tag board=rpi5",
        "credentials from the environment"}},
      "MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, are sent where they "
      "are set.\nResults that are on the server are not sent again.");
  auto arguments = std::make_shared<ExportMlflowArguments>();
  command->add_option("--store", arguments->store, "the store to read")
      ->capture_default_str()
      ->type_name("FILE");
  command->add_option("--url", arguments->url, "address of the tracking server [MLFLOW_TRACKING_URI]")
      ->type_name("URL");
  command
      ->add_option("--experiment,--experiment-name", arguments->options.experiment,
                   "the experiment of the runs; made where there is none")
      ->capture_default_str()
      ->type_name("NAME");
  add_run_name(*command, arguments->options.name);
  command->add_option("--tag", arguments->tags, "a tag of all runs; may be given several times")
      ->type_name("NAME=VALUE");
  return {command, [arguments] { return finish(export_mlflow(*arguments)); }};
}

}  // namespace bantam::cli
