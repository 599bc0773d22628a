#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "exchange/llama_bench_rows.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

struct ExportLlamaBenchArguments {
  ExportOptions options;
  std::string form = "json";
};

base::Result<int> export_llama_bench(const ExportLlamaBenchArguments& arguments) {
  const ExportOptions& options = arguments.options;
  TRY_ASSIGN(const exchange::BenchForm form, exchange::bench_form_from(arguments.form));
  TRY(check_is_not_store(options.store, options.output_path));
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(options.store));
  TRY_ASSIGN(const auto records, store.records());
  TRY_ASSIGN(const auto files, exchange::write_llama_bench(options.output_path, form, records,
                                                           trials_of(store), options.existing()));
  TRY(print_files(files));
  return kOk;
}

}  // namespace

Command setup_export_llama_bench(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("llama-bench", "llama-bench's tests, as its -o json, jsonl, csv, sql or md");
  add_examples(*command, {{"bantam export llama-bench --output-path speed.json",
                           "of a store whose run had --n-prompt and --n-gen"},
                          {"bantam export llama-bench --format sql --output-path speed.sql",
                           "then: sqlite3 llama-bench.sqlite < speed.sql"},
                          {"bantam export llama-bench --format md --output-path speed.md", ""}});
  auto arguments = std::make_shared<ExportLlamaBenchArguments>();
  add_export_options(*command, arguments->options, "the file to write", "FILE");
  command->add_option("--format", arguments->form, "json, jsonl, csv, sql or md")
      ->capture_default_str()
      ->type_name("FORM");
  return {command, [arguments] { return finish(export_llama_bench(*arguments)); }};
}

}  // namespace bantam::cli
