#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cli/command.hpp"
#include "cli/export_options.hpp"
#include "cli/terminal.hpp"
#include "exchange/jsonl.hpp"
#include "store/store.hpp"
#include "verify/verify.hpp"

namespace bantam::cli {
namespace {

constexpr const char* kStdout = "-";
constexpr std::size_t kChunk = std::size_t{1} << 16;  // bytes that are handed on at once

struct ExportJsonlArguments {
  ExportOptions options;
  exchange::JsonlParts parts;
};

// Whole lines together, so that short ones cost little.
class Chunks {
 public:
  explicit Chunks(std::function<base::Status(std::string_view)> take) : take_(std::move(take)) {}

  base::Status add(std::string_view line) {
    chunk_ += line;
    return chunk_.size() < kChunk ? base::Status{} : flush();
  }
  base::Status flush() {
    TRY(take_(chunk_));
    chunk_.clear();
    return {};
  }

 private:
  std::function<base::Status(std::string_view)> take_;
  std::string chunk_;
};

// Items are kept by cell: where another attempt has begun, they are not those of the record.
base::Status keep_whole(store::Store& store, std::vector<record::Record>& records) {
  std::vector<record::Record> whole;
  for (record::Record& record : records) {
    TRY_ASSIGN(const store::Basis basis, verify::sound_basis(store, record));
    if (basis != store::Basis::replaced)
      whole.push_back(std::move(record));
    else
      note(fmt::format("bantam: {} is left out: another attempt has begun and not ended",
                       verify::place_of(record)));
  }
  records = std::move(whole);
  return {};
}

base::Status write_lines(store::Store& store, const exchange::JsonlParts& parts,
                         std::function<base::Status(std::string_view)> take) {
  TRY_ASSIGN(auto records, store.records());
  if (parts.items || parts.trials) TRY(keep_whole(store, records));
  const exchange::JsonlSources sources{
      records,
      [&store](const std::string& key, std::int64_t attempt, const exchange::TakeTrial& trial) {
        return store.each_trial(key, attempt, trial);
      },
      [&store](const std::string& key, const exchange::TakeItem& item) {
        return store.each_item(key, item);
      }};
  Chunks chunks(std::move(take));
  TRY(exchange::write_jsonl(sources, parts, [&chunks](std::string_view line) { return chunks.add(line); }));
  return chunks.flush();
}

base::Result<int> export_jsonl(const ExportJsonlArguments& arguments) {
  const ExportOptions& options = arguments.options;
  TRY_ASSIGN(store::Store store, store::Store::open_read_only(options.store));
  if (options.output_path == kStdout) {
    TRY(write_lines(store, arguments.parts, print));
    return kOk;
  }
  TRY(check_is_not_store(options.store, options.output_path));
  TRY_ASSIGN(auto file, exchange::ExportStream::begin(options.output_path, options.existing()));
  TRY(write_lines(store, arguments.parts, [&file](std::string_view lines) { return file.write(lines); }));
  exchange::ExportedFiles files;
  TRY(file.finish(files));
  TRY(print_files(files));
  return kOk;
}

}  // namespace

Command setup_export_jsonl(CLI::App& app) {
  CLI::App* command = app.add_subcommand("jsonl", "results as JSON, one object a line");
  add_examples(*command,
               {{"bantam export jsonl --output-path results.jsonl", ""},
                {"bantam export jsonl --output-path - --items", ""},
                {"bantam export jsonl --output-path speed.jsonl --trials", "with every timed repetition"}});
  auto arguments = std::make_shared<ExportJsonlArguments>();
  add_export_options(*command, arguments->options, "the file to write, or - for stdout", "FILE");
  command->add_flag("--trials", arguments->parts.trials, "also each timed repetition of the records");
  command->add_flag("--items", arguments->parts.items, "also each item with its prompt, answer and scores");
  return {command, [arguments] { return finish(export_jsonl(*arguments)); }};
}

}  // namespace bantam::cli
