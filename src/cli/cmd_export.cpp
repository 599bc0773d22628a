// `bantam export`: one subcommand per file, cmd_export_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_export(CLI::App& app) {
  CLI::App* command = app.add_subcommand("export", "results as files: to be passed on, or of other tools");
  add_examples(*command, {{"bantam export bundle --output-path laptop.bundle", ""},
                          {"bantam export jsonl --output-path results.jsonl --items", ""},
                          {"bantam export lm-eval --output-path results", ""},
                          {"bantam export llama-bench --format csv --output-path speed.csv", ""},
                          {"bantam export slim-eval --store other.db --output-path slim --overwrite", ""}});
  return with_subcommands(
      *command, {setup_export_bundle, setup_export_jsonl, setup_export_lm_eval, setup_export_every_eval_ever,
                 setup_export_llama_bench, setup_export_slim_eval});
}

}  // namespace bantam::cli
