// `bantam models`: one subcommand per file, cmd_models_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_models(CLI::App& app) {
  return with_subcommands(*app.add_subcommand("models", "find, fetch, look into and make model files"),
                          {setup_models_list, setup_models_inspect, setup_models_pull, setup_models_quantize,
                           setup_models_convert});
}

}  // namespace bantam::cli
