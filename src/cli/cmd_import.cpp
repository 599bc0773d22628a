#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/terminal.hpp"
#include "exchange/every_eval_ever.hpp"
#include "exchange/llama_bench.hpp"
#include "exchange/lm_eval_import.hpp"
#include "exchange/slim_eval.hpp"
#include "plan/precision.hpp"
#include "store/store.hpp"

namespace bantam::cli {
namespace {

using base::Result;

struct ImportArguments {
  std::string path;
  std::string store = "bantam.db";
  std::string device;
  std::string model;      // of files of scores that do not tell
  std::string precision;  // the same
  bool dry_run = false;
};

struct Added {
  std::int64_t fresh = 0;
  std::int64_t known = 0;
  std::int64_t items = 0;
};

// A cell that is there already has the same content: its key says so.
Result<Added> add_records(const std::string& path, const exchange::ImportedRecords& imported) {
  Added added;
  TRY_ASSIGN(store::Store store, store::Store::open(path));
  for (record::Record record : imported.records) {
    TRY_ASSIGN(const auto known, store.find_record(record.cell_key));
    if (known) {
      ++added.known;
      continue;
    }
    TRY_ASSIGN(record.attempt, store.begin_attempt(record));
    if (const auto items = imported.items.find(record.cell_key); items != imported.items.end()) {
      TRY(store.append_items(record.cell_key, items->second));
      added.items += std::ssize(items->second);
    }
    TRY(store.finish(record));
    ++added.fresh;
  }
  return added;
}

Result<int> take_in(const exchange::ImportedRecords& imported, const ImportArguments& arguments) {
  for (const std::string& text : imported.notes) note("bantam: " + text);
  if (arguments.dry_run) {
    std::string list;
    for (const record::Record& record : imported.records) {
      const auto items = imported.items.find(record.cell_key);
      list += base::printable(fmt::format(
                  "{} {}{}{} {}: {}{}", record.model, record.precision, record.point.empty() ? "" : " ",
                  record.point, record.task, record::name(record.outcome),
                  items == imported.items.end() ? "" : fmt::format(", {} items", items->second.size()))) +
              "\n";
    }
    TRY(print(list));
    return kOk;
  }
  TRY_ASSIGN(const Added added, add_records(arguments.store, imported));
  note(fmt::format("bantam: {} records{} imported into {}{}", added.fresh,
                   added.items > 0 ? fmt::format(" with {} items", added.items) : "", arguments.store,
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

std::optional<std::string> said(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

// No score depends on the machine: one name will do for all that do not tell.
Result<exchange::ScoreImport> score_options(const ImportArguments& arguments) {
  exchange::ScoreImport options{arguments.device.empty() ? "unknown machine" : arguments.device,
                                said(arguments.model), std::nullopt};
  if (!arguments.precision.empty()) {
    TRY_ASSIGN(const auto precision, plan::parse_precision(arguments.precision));
    options.precision = precision.name;
  }
  return options;
}

Result<int> import_lm_eval(const ImportArguments& arguments) {
  TRY_ASSIGN(const auto options, score_options(arguments));
  TRY_ASSIGN(const auto imported, exchange::read_lm_eval(arguments.path, options));
  return take_in(imported, arguments);
}

Result<int> import_every_eval_ever(const ImportArguments& arguments) {
  TRY_ASSIGN(const auto options, score_options(arguments));
  TRY_ASSIGN(const auto imported, exchange::read_every_eval_ever(arguments.path, options));
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

// Of files that hold scores.
void add_score_options(CLI::App& command, ImportArguments& arguments) {
  add_options(command, arguments);
  command
      .add_option("--precision", arguments.precision,
                  "of files that do not tell; of a single FILE, whatever that tells")
      ->type_name("P");
  command.add_option("--model", arguments.model, "what the model is called, by the same rule")
      ->type_name("NAME");
}

// A tool whose results can be read.
struct Tool {
  CLI::App* command;
  Result<int> (*import_results)(const ImportArguments&);
};

Tool add_slim_eval(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command = app.add_subcommand("slim-eval", "SLiM-Eval's folder of JSON files");
  add_examples(*command, {{"bantam import slim-eval outputs --store published.db",
                           "then: bantam analyze --store published.db"},
                          {"bantam import slim-eval outputs --dry-run", "what would be imported"}});
  command->add_option("dir", arguments.path, "its --output-dir")->required()->type_name("DIR");
  add_options(*command, arguments);
  return {command, import_slim_eval};
}

Tool add_llama_bench(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command = app.add_subcommand("llama-bench", "what llama-bench -o json, jsonl, csv or sql wrote");
  add_examples(*command, {{"bantam import llama-bench results.json --store bench.db", ""},
                          {"bantam import llama-bench results.csv --dry-run", "what would be imported"}});
  command->add_option("file", arguments.path, "its output")->required()->type_name("FILE");
  add_options(*command, arguments);
  return {command, import_llama_bench};
}

Tool add_lm_eval(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command = app.add_subcommand("lm-eval", "lm-evaluation-harness's results JSON and samples JSONL");
  add_examples(*command,
               {{"bantam import lm-eval results --store scores.db", "then: bantam analyze --store scores.db"},
                {"bantam import lm-eval results.json --precision int4", "a file that does not tell it"},
                {"bantam import lm-eval results --dry-run", "what would be imported"}});
  command->add_option("path", arguments.path, "its --output_path, or one of its results files")
      ->required()
      ->type_name("FILE|DIR");
  add_score_options(*command, arguments);
  return {command, import_lm_eval};
}

Tool add_every_eval_ever(CLI::App& app, ImportArguments& arguments) {
  CLI::App* command =
      app.add_subcommand("every-eval-ever", "scores in the EvalEval coalition's schema every eval ever");
  add_examples(*command, {{"bantam import every-eval-ever data/quiz --store scores.db",
                           "then: bantam analyze --store scores.db"},
                          {"bantam import every-eval-ever data/quiz --precision fp16 --dry-run",
                           "what would be imported, where files do not tell the precision"}});
  command->add_option("path", arguments.path, "one of its files, or a folder with some")
      ->required()
      ->type_name("FILE|DIR");
  add_score_options(*command, arguments);
  return {command, import_every_eval_ever};
}

}  // namespace

Command setup_import(CLI::App& app) {
  CLI::App* command = app.add_subcommand("import", "results of other machines and other tools, into a store");
  command->require_subcommand(1);
  add_examples(*command, {{"bantam import bundle laptop.bundle --store all.db", ""},
                          {"bantam import slim-eval outputs --store published.db", ""},
                          {"bantam import llama-bench results.json --store bench.db", ""},
                          {"bantam import lm-eval results --store scores.db", ""}});
  const Command bundle = setup_import_bundle(*command);
  auto arguments = std::make_shared<ImportArguments>();
  const std::vector<Tool> tools{add_slim_eval(*command, *arguments), add_llama_bench(*command, *arguments),
                                add_lm_eval(*command, *arguments), add_every_eval_ever(*command, *arguments)};
  return {command, [arguments, bundle, tools] {
            for (const Tool& tool : tools) {
              if (tool.command->parsed()) return finish(tool.import_results(*arguments));
            }
            return bundle.run();
          }};
}

}  // namespace bantam::cli
