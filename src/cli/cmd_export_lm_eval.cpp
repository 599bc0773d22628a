#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "exchange/lm_eval_files.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

struct ExportArguments {
  std::string store = "bantam.db";
  std::string output_path;
  bool overwrite = false;
};

base::Result<int> export_lm_eval(const ExportArguments& arguments) {
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(arguments.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(
      const auto files,
      exchange::write_lm_eval(
          arguments.output_path, records, [&store](const std::string& key) { return store.items(key); },
          arguments.overwrite ? exchange::Existing::replace : exchange::Existing::keep));
  for (const std::string& text : files.notes) note("bantam: " + text);
  std::string written;
  for (const auto& path : files.paths) written += path.string() + "\n";
  TRY(print(written));
  return kOk;
}

}  // namespace

Command setup_export_lm_eval(CLI::App& app) {
  CLI::App* command = app.add_subcommand("lm-eval", "lm-evaluation-harness's results JSON and samples JSONL");
  add_examples(*command, {{"bantam export lm-eval --output-path results", ""},
                          {"bantam export lm-eval --store one_model.db --output-path results.json", ""}});
  auto arguments = std::make_shared<ExportArguments>();
  command->add_option("--store", arguments->store, "the store to read")
      ->capture_default_str()
      ->type_name("FILE");
  command
      ->add_option("--output-path,--output_path", arguments->output_path,
                   "the folder to write to, or FILE.json of a single model and precision")
      ->required()
      ->type_name("DIR");
  command->add_flag("--overwrite", arguments->overwrite, "replace files that are there with other content");
  return {command, [arguments] { return finish(export_lm_eval(*arguments)); }};
}

}  // namespace bantam::cli
