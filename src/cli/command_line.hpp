#pragma once
// All commands together, as they are parsed.

#include <memory>
#include <vector>

#include "cli/command.hpp"

namespace bantam::cli {

struct CommandLine {
  std::shared_ptr<CLI::App> app;
  std::vector<Command> commands;
};

CommandLine make_command_line();

}  // namespace bantam::cli
