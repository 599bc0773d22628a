#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>

#include "cli/command.hpp"
#include "worker/worker.hpp"

namespace bantam::cli {

Command setup_worker(CLI::App& app) {
  CLI::App* command = app.add_subcommand("worker", "the engine's process; started by `bantam run`");
  command->group("");  // hidden
  return {command, [] {
            std::set_terminate(std::abort);  // its parent tells how it ended
            return worker::run_worker_main();
          }};
}

}  // namespace bantam::cli
