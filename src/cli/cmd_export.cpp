// `bantam export`: one subcommand per file, cmd_export_<name>.cpp.

#include <CLI/CLI.hpp>

#include "cli/command.hpp"

namespace bantam::cli {

Command setup_export(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("export", "results as files: to be passed on, or of other tools; and to trackers");
  add_examples(*command,
               {{"bantam export bundle --output-path laptop.bundle", "to pass on, with all raw data"},
                {"bantam export card --output-path card", "for the page of quantized files"},
                {"bantam export lm-eval --output-path results", "as another tool would have written it"},
                {"bantam export wandb --output-path out", "then: wandb sync out/wandb/offline-run-*"}});
  return with_subcommands(
      *command, {setup_export_bundle, setup_export_card, setup_export_jsonl, setup_export_lm_eval,
                 setup_export_every_eval_ever, setup_export_llama_bench, setup_export_slim_eval,
                 setup_export_wandb, setup_export_mlflow, setup_export_prometheus, setup_export_tensorboard});
}

}  // namespace bantam::cli
