#pragma once
// The subcommands of `bantam models`.

#include <vector>

#include "cli/command.hpp"

namespace bantam::cli {

using SetupCommand = Command (*)(CLI::App&);

Command setup_models_pull(CLI::App& app);

// In the order of --help.
std::vector<SetupCommand> models_commands();

}  // namespace bantam::cli
