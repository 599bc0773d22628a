#pragma once
// One subcommand: setup declares its flags and does no work; run() does the work and returns what the process
// returns.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

// A line that shows how a command is used, and what it does.
struct Example {
  std::string line;
  std::string what;  // may be empty
};
// Ends the command's help with examples, behind `text`.
void add_examples(CLI::App& command, const std::vector<Example>& examples, std::string_view text = {});

// cmd_<name>.cpp
Command setup_run(CLI::App& app);
Command setup_analyze(CLI::App& app);
Command setup_compare(CLI::App& app);
Command setup_recommend(CLI::App& app);
Command setup_report(CLI::App& app);
Command setup_serve(CLI::App& app);
Command setup_import(CLI::App& app);
Command setup_verify(CLI::App& app);
Command setup_tune(CLI::App& app);
Command setup_audit(CLI::App& app);
Command setup_predict(CLI::App& app);
Command setup_device(CLI::App& app);
Command setup_rpc_server(CLI::App& app);
Command setup_models(CLI::App& app);
Command setup_engines(CLI::App& app);
Command setup_tasks(CLI::App& app);
Command setup_export(CLI::App& app);
Command setup_help(CLI::App& app);
Command setup_docs(CLI::App& app);    // hidden: renders pages from tables
Command setup_worker(CLI::App& app);  // hidden: the other end of job/process.hpp

// cmd_models_<name>.cpp
Command setup_models_list(CLI::App& app);
Command setup_models_inspect(CLI::App& app);
Command setup_models_pull(CLI::App& app);
Command setup_models_quantize(CLI::App& app);
Command setup_models_convert(CLI::App& app);

// cmd_engines_<name>.cpp
Command setup_engines_list(CLI::App& app);
Command setup_engines_setup(CLI::App& app);
Command setup_engines_check(CLI::App& app);

// cmd_tasks_<name>.cpp
Command setup_tasks_list(CLI::App& app);
Command setup_tasks_show(CLI::App& app);
Command setup_tasks_validate(CLI::App& app);
Command setup_tasks_pull(CLI::App& app);
Command setup_tasks_doctor(CLI::App& app);

// cmd_export_<name>.cpp
Command setup_export_bundle(CLI::App& app);
Command setup_export_card(CLI::App& app);
Command setup_export_every_eval_ever(CLI::App& app);
Command setup_export_jsonl(CLI::App& app);
Command setup_export_llama_bench(CLI::App& app);
Command setup_export_lm_eval(CLI::App& app);
Command setup_export_mlflow(CLI::App& app);
Command setup_export_prometheus(CLI::App& app);
Command setup_export_slim_eval(CLI::App& app);
Command setup_export_tensorboard(CLI::App& app);
Command setup_export_wandb(CLI::App& app);

// cmd_import_bundle.cpp
Command setup_import_bundle(CLI::App& app);

// A command of subcommands, one of which has to be given; in the order of --help.
Command with_subcommands(CLI::App& command, const std::vector<Command (*)(CLI::App&)>& setups);

inline constexpr int kOk = 0;
inline constexpr int kSomeFailed = 1;  // finished; some items or cells failed

// 2 usage, 3 bad input, 4 environment, 5 storage, 6 invalid measurement, 7 worker, 8 integrity, 130
// interrupted.
int exit_code(base::ErrorKind kind);
// 128 + the signal's number, as of a process that it ended; 130 where none is known.
int interrupted_code(std::optional<int> signal_number);
// "bantam: error: MESSAGE" to stderr and, where there is one, the remedy on a second line. Returns the exit
// code.
int report_error(const base::Error& error);
// What run() returns: an error is reported.
int finish(const base::Result<int>& code);

}  // namespace bantam::cli
