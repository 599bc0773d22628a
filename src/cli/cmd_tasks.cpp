// `bantam tasks`: one subcommand a file, cmd_tasks_<name>.cpp.

#include <CLI/CLI.hpp>
#include <memory>
#include <vector>

#include "cli/command.hpp"
#include "cli/tasks_commands.hpp"

namespace bantam::cli {

Command setup_tasks(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tasks", "look into accuracy tasks and fetch their data");
  command->require_subcommand(1);
  auto parts = std::make_shared<std::vector<Command>>();
  for (const auto setup : tasks_commands()) parts->push_back(setup(*command));
  return {command, [parts] {
            for (const Command& part : *parts) {
              if (part.app->parsed()) return part.run();
            }
            return 2;
          }};
}

}  // namespace bantam::cli
