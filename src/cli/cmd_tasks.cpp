// `bantam tasks`: one subcommand per file, cmd_tasks_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_tasks(CLI::App& app) {
  return with_subcommands(
      *app.add_subcommand("tasks", "look into accuracy tasks and fetch their data"),
      {setup_tasks_list, setup_tasks_show, setup_tasks_validate, setup_tasks_pull, setup_tasks_doctor});
}

}  // namespace bantam::cli
