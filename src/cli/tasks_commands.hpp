#pragma once
// The subcommands of `bantam tasks`.

#include <vector>

#include "cli/command.hpp"

namespace bantam::cli {

using SetupCommand = Command (*)(CLI::App&);

Command setup_tasks_list(CLI::App& app);
Command setup_tasks_show(CLI::App& app);
Command setup_tasks_validate(CLI::App& app);
Command setup_tasks_pull(CLI::App& app);
Command setup_tasks_doctor(CLI::App& app);

// In the order of --help.
std::vector<SetupCommand> tasks_commands();

}  // namespace bantam::cli
