// `bantam engines`: one subcommand per file, cmd_engines_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_engines(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("engines", "programs of their own that can have a model in place of this one");
  add_examples(*command, {{"bantam engines list", "which there are, and what they need"},
                          {"bantam engines setup transformers", "make the Python environment of one"},
                          {"bantam engines check 'python3 my_engine.py' --model ./my-model",
                           "does it keep to the protocol?"}});
  return with_subcommands(*command, {setup_engines_list, setup_engines_setup, setup_engines_check});
}

}  // namespace bantam::cli
