#include "cli/models_commands.hpp"

namespace bantam::cli {

std::vector<SetupCommand> models_commands() {
  return {setup_models_list, setup_models_inspect, setup_models_pull, setup_models_quantize,
          setup_models_convert};
}

}  // namespace bantam::cli
