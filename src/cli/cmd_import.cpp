#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "exchange/llama_bench.hpp"
#include "exchange/slim_eval.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct ImportArguments {
  std::string path;
  std::string store = "bantam.db";
  std::string device;
  bool dry_run = false;
};

struct Added {
  std::int64_t fresh = 0;
  std::int64_t known = 0;
};

// A cell that is there already has the same content: its key says so.
Result<Added> add_records(const std::string& path, const std::vector<record::Record>& records) {
  Added added;
  TRY_ASSIGN(store::Store store, store::Store::open(path));
  for (record::Record record : records) {
    TRY_ASSIGN(const auto known, store.find_record(record.cell_key));
    if (known) {
      ++added.known;
      continue;
    }
    TRY_ASSIGN(record.attempt, store.begin_attempt(record));
    TRY(store.finish(record));
    ++added.fresh;
  }
  return added;
}

Result<int> take_in(const exchange::ImportedRecords& imported, const ImportArguments& arguments) {
  for (const std::string& text : imported.notes) note("bantam: " + text);
  if (arguments.dry_run) {
    std::string list;
    for (const record::Record& record : imported.records)
      list += base::printable(fmt::format("{} {}{}{} {}: {}", record.model, record.precision,
                                          record.point.empty() ? "" : " ", record.point, record.task,
                                          record::name(record.outcome))) +
              "\n";
    TRY(print(list));
    return kOk;
  }
  TRY_ASSIGN(const Added added, add_records(arguments.store, imported.records));
  note(fmt::format("bantam: {} records imported into {}{}", added.fresh, arguments.store,
                   added.known > 0 ? fmt::format(", {} were there already", added.known) : ""));
  return kOk;
}

Result<int> import_slim_eval(const ImportArguments& arguments) {
  std::string device = arguments.device;
  if (device.empty()) {
    // Two folders of one name are those of two machines, as far as is known.
    std::error_code failed;
    const auto path = std::filesystem::weakly_canonical(arguments.path, failed);
    const std::string where = failed ? arguments.path : path.string();
    device =
        fmt::format("unknown machine of {} {}", path.filename().string(), base::sha256(where).substr(0, 8));
  }
  TRY_ASSIGN(const auto imported, exchange::read_slim_eval(arguments.path, device));
  return take_in(imported, arguments);
}

Result<int> import_llama_bench(const ImportArguments& arguments) {
  const auto device = arguments.device.empty() ? std::nullopt : std::optional(arguments.device);
  TRY_ASSIGN(const auto imported, exchange::read_llama_bench(arguments.path, device));
  return take_in(imported, arguments);
}

void add_options(CLI::App& command, ImportArguments& arguments) {
  command.add_option("--store", arguments.store, "the store to add to")
      ->capture_default_str()
      ->type_name("FILE");
  command
      .add_option(
          "--device", arguments.device,
          "what the machine is called that it was measured on; only figures of one machine are compared")
      ->type_name("NAME");
  command.add_flag("--dry-run", arguments.dry_run, "list the records, add none");
}

}  // namespace

Command setup_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand("import", "results of other tools, into a store");
  command->require_subcommand(1);
  add_examples(*command, {{"bantam import slim-eval outputs --store published.db", ""},
                          {"bantam import llama-bench results.json --store bench.db", ""}});
  CLI::App* slim_eval = command->add_subcommand("slim-eval", "SLiM-Eval's folder of JSON files");
  add_examples(*slim_eval, {{"bantam import slim-eval outputs --store published.db",
                             "then: bantam analyze --store published.db"},
                            {"bantam import slim-eval outputs --dry-run", "what would be imported"}});
  CLI::App* llama_bench =
      command->add_subcommand("llama-bench", "what llama-bench -o json, jsonl, csv or sql wrote");
  add_examples(*llama_bench, {{"bantam import llama-bench results.json --store bench.db", ""},
                              {"bantam import llama-bench results.csv --dry-run", "what would be imported"}});
  auto arguments = std::make_shared<ImportArguments>();
  slim_eval->add_option("dir", arguments->path, "its --output-dir")->required()->type_name("DIR");
  add_options(*slim_eval, *arguments);
  llama_bench->add_option("file", arguments->path, "its output")->required()->type_name("FILE");
  add_options(*llama_bench, *arguments);
  return {
      command, [arguments, slim_eval] {
        return finish(slim_eval->parsed() ? import_slim_eval(*arguments) : import_llama_bench(*arguments));
      }};
}

}  // namespace bantam::cli
