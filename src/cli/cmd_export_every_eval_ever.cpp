#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "exchange/every_eval_ever_files.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

struct ExportEveryEvalEverArguments {
  ExportOptions options;
  std::string organization = "unknown";
};

base::Result<int> export_every_eval_ever(const ExportEveryEvalEverArguments& arguments) {
  const ExportOptions& options = arguments.options;
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(options.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const auto files, exchange::write_every_eval_ever(options.output_path, records,
                                                               arguments.organization, options.existing()));
  TRY(print_files(files));
  return kOk;
}

}  // namespace

Command setup_export_every_eval_ever(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("every-eval-ever", "scores in the EvalEval coalition's schema every eval ever");
  add_examples(*command,
               {{"bantam export every-eval-ever --output-path data",
                 "then: every_eval_ever validate data/*/*/*/*.json"},
                {"bantam export every-eval-ever --output-path data --organization 'Ada Lovelace'", ""}});
  auto arguments = std::make_shared<ExportEveryEvalEverArguments>();
  add_export_options(*command, arguments->options, "the folder to write to", "DIR");
  command
      ->add_option("--organization", arguments->organization, "who has evaluated, which the schema asks for")
      ->capture_default_str()
      ->type_name("NAME");
  return {command, [arguments] { return finish(export_every_eval_ever(*arguments)); }};
}

}  // namespace bantam::cli
