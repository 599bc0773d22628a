#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>

#include "cli/command.hpp"
#include "job/process.hpp"
#include "worker/worker.hpp"

namespace bantam::cli {

Command setup_worker(CLI::App& app) {
  CLI::App* command = app.add_subcommand("worker", "the engine's process; started by `bantam run`");
  command->group("");  // hidden
  command->footer("Speaks JSON lines on stdin and stdout; nothing for people.");
  return {command, [] {
            std::set_terminate(std::abort);  // its parent tells how it ended
            if (job::has_worker_descriptors()) return worker::run_worker_main();
            return report_error({base::ErrorKind::usage,
                                 "`bantam worker` is the engine's process, which bantam starts by itself",
                                 "see bantam --help for the commands to use"});
          }};
}

}  // namespace bantam::cli
