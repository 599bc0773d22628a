#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "exchange/slim_eval_files.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

base::Result<int> export_slim_eval(const ExportOptions& options) {
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(options.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const auto files,
             exchange::write_slim_eval(options.output_path, records, trials_of(store), options.existing()));
  TRY(print_files(files));
  return kOk;
}

}  // namespace

Command setup_export_slim_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("slim-eval", "SLiM-Eval's folder of JSON files");
  add_examples(*command,
               {{"bantam export slim-eval --output-path slim", "then: slim-eval analyze --input-dir slim"},
                {"bantam export slim-eval --store other.db --output-path slim --overwrite", ""}});
  auto options = std::make_shared<ExportOptions>();
  add_export_options(*command, *options, "the folder to write to", "DIR");
  return {command, [options] { return finish(export_slim_eval(*options)); }};
}

}  // namespace bantam::cli
