#include "cli/models_commands.hpp"

namespace bantam::cli {

std::vector<SetupCommand> models_commands() {
  return {};
}

}  // namespace bantam::cli
