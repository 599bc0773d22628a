#include <CLI/CLI.hpp>

#include "cli/command.hpp"
#include "worker/worker.hpp"

namespace bantam::cli {

Command setup_worker(CLI::App& app) {
  CLI::App* command = app.add_subcommand("worker", "the engine's process; started by `bantam run`");
  command->group("");  // hidden
  command->footer("Speaks JSON lines on stdin and stdout; nothing for people.");
  return {command, [] { return worker::run_worker_main(); }};
}

}  // namespace bantam::cli
