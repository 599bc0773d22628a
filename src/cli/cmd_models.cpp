// `bantam models`: one subcommand a file, cmd_models_<name>.cpp.

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "cli/models_commands.hpp"

namespace bantam::cli {

Command setup_models(CLI::App& app) {
  CLI::App* command = app.add_subcommand("models", "find, fetch, look into and make model files");
  command->require_subcommand(1);
  auto parts = std::make_shared<std::vector<Command>>();
  for (const auto setup : models_commands()) parts->push_back(setup(*command));
  return {command, [parts] {
            for (const Command& part : *parts) {
              if (part.app->parsed()) return part.run();
            }
            return 2;
          }};
}

}  // namespace bantam::cli
