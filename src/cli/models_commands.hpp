#pragma once
// The subcommands of `bantam models`.

#include <vector>

#include "cli/command.hpp"

namespace bantam::cli {

using SetupCommand = Command (*)(CLI::App&);

Command setup_models_list(CLI::App& app);
Command setup_models_inspect(CLI::App& app);
Command setup_models_pull(CLI::App& app);
Command setup_models_quantize(CLI::App& app);
Command setup_models_convert(CLI::App& app);

// In the order of --help.
std::vector<SetupCommand> models_commands();

}  // namespace bantam::cli
