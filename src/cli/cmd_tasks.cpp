// `bantam tasks`: one subcommand per file, cmd_tasks_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_tasks(CLI::App& app) {
  CLI::App* command = app.add_subcommand("tasks", "look into accuracy tasks and fetch their data");
  add_examples(*command, {{"bantam tasks list", "the tasks that can be named"},
                          {"bantam tasks show arc_easy --doc 3", "the exact prompt of an item"},
                          {"bantam tasks validate my_tasks", "what is wrong with your own"}});
  return with_subcommands(*command, {setup_tasks_list, setup_tasks_show, setup_tasks_validate,
                                     setup_tasks_pull, setup_tasks_doctor});
}

}  // namespace bantam::cli
