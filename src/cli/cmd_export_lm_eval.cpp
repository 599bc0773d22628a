#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "exchange/lm_eval_files.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

base::Result<int> export_lm_eval(const ExportOptions& options) {
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(options.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const auto files,
             exchange::write_lm_eval(
                 options.output_path, records, [&store](const std::string& key) { return store.items(key); },
                 options.existing()));
  TRY(print_files(files));
  return kOk;
}

}  // namespace

Command setup_export_lm_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("lm-eval", "lm-evaluation-harness's results JSON and samples JSONL");
  add_examples(*command, {{"bantam export lm-eval --output-path results", ""},
                          {"bantam export lm-eval --store one_model.db --output-path results.json", ""}});
  auto options = std::make_shared<ExportOptions>();
  add_export_options(*command, *options,
                     "the folder to write to, or FILE.json of a single model and precision", "DIR");
  return {command, [options] { return finish(export_lm_eval(*options)); }};
}

}  // namespace bantam::cli
