#include "cli/tasks_commands.hpp"

namespace bantam::cli {

std::vector<SetupCommand> tasks_commands() {
  return {setup_tasks_pull};
}

}  // namespace bantam::cli
