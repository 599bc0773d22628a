#pragma once
// One subcommand: setup() declares its flags and does no work; run() does the work and returns the exit code.

#include <functional>

namespace CLI {
class App;
}

namespace bantam::cli {

struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

Command setup_run(CLI::App& app);
Command setup_analyze(CLI::App& app);
Command setup_predict(CLI::App& app);
Command setup_device(CLI::App& app);
Command setup_models(CLI::App& app);
Command setup_tasks(CLI::App& app);
Command setup_export(CLI::App& app);
Command setup_docs(CLI::App& app);    // hidden: renders pages from tables
Command setup_worker(CLI::App& app);  // hidden: the other end of job/process.hpp

}  // namespace bantam::cli
