#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "base/text.hpp"
#include "base/units.hpp"
#include "cli/command.hpp"
#include "cli/consent.hpp"
#include "cli/terminal.hpp"
#include "model/engine_environment.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct SetupArguments {
  std::string name;
  bool yes = false;
  bool again = false;
};

void say(std::string_view line) {
  note("bantam: " + std::string(line));
}

std::uint64_t most_disk_bytes(std::string_view name) {
  for (const model::KnownEngine& known : model::known_engines()) {
    if (known.name == name) return known.most_disk_bytes;
  }
  return 0;
}

Result<int> set_up(const SetupArguments& arguments) {
  TRY_ASSIGN(const model::EngineInstallation planned, model::engine_installation(arguments.name));
  if (planned.is_there && !arguments.again) {
    say(fmt::format("the engine {} is ready: {}", arguments.name, planned.folder.string()));
    return kOk;
  }
  say(fmt::format("this needs Python packages: {}", base::join(planned.packages, ", ")));
  say(fmt::format("at most {} on disk, in {}",
                  base::format_bytes(static_cast<double>(most_disk_bytes(arguments.name))),
                  planned.folder.string()));
  TRY(ask_to_install(arguments.yes, fmt::format("the engine {} is not set up", arguments.name),
                     fmt::format("give --yes to install, or name a Python that has the packages by {}",
                                 model::kEnginePythonVariable)));
  TRY(model::install_engine(arguments.name, say));
  say(fmt::format("ready: bantam run --engine {} --models MODEL", arguments.name));
  return kOk;
}

}  // namespace

Command setup_engines_setup(CLI::App& app) {
  CLI::App* command = app.add_subcommand("setup", "make the Python environment of an engine");
  add_examples(*command,
               {{"bantam engines setup transformers", ""}, {"bantam engines setup onnx --yes", ""}});
  auto arguments = std::make_shared<SetupArguments>();
  command->add_option("name", arguments->name, "transformers or onnx")->required()->type_name("NAME");
  command->add_flag("--yes", arguments->yes, "install without asking");
  command->add_flag("--again", arguments->again, "make it anew where it is there");
  return {command, [arguments] { return finish(set_up(*arguments)); }};
}

}  // namespace bantam::cli
