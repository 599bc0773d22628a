// `bantam models`: one subcommand per file, cmd_models_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_models(CLI::App& app) {
  CLI::App* command = app.add_subcommand("models", "find, fetch, look into and make model files");
  add_examples(*command, {{"bantam models list", "models that are at hand"},
                          {"bantam models pull Qwen/Qwen2.5-0.5B-Instruct-GGUF:Q8_0", "fetch one"},
                          {"bantam models inspect my.gguf", "what is in a file"}});
  return with_subcommands(*command, {setup_models_list, setup_models_inspect, setup_models_pull,
                                     setup_models_quantize, setup_models_convert});
}

}  // namespace bantam::cli
