#include "cli/tasks_commands.hpp"

namespace bantam::cli {

std::vector<SetupCommand> tasks_commands() {
  return {setup_tasks_list, setup_tasks_show, setup_tasks_validate, setup_tasks_pull, setup_tasks_doctor};
}

}  // namespace bantam::cli
