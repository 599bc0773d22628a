#include "cli/ask_again_options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>

#include "base/text.hpp"
#include "cli/progress.hpp"
#include "cli/terminal.hpp"
#include "plan/option_values.hpp"

namespace bantam::cli {
namespace {

using base::ErrorKind;
using base::Result;

CLI::Option* each(CLI::Option* option) {
  return option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

// Small enough to be read aloud, and not to be guessed by whoever made the file.
std::uint64_t drawn_seed() {
  std::random_device device;
  return device() % 1'000'000'000U;
}

Result<std::vector<std::int64_t>> doc_ids_from(const std::string& text) {
  std::vector<std::int64_t> ids;
  for (const std::string& one : base::split_list(text)) {
    TRY_ASSIGN(ids.emplace_back(), plan::integer_from("items", one, 0, INT64_MAX));
  }
  if (!ids.empty()) return ids;
  return base::fail(ErrorKind::usage, "--items names no item", "give numbers of items: --items 3,17");
}

Result<plan::ModelEntry> model_from(const std::string& text) {
  plan::ModelEntry entry = plan::model_entry_from(text);
  if (!entry.reference.empty()) return entry;
  return base::fail(ErrorKind::usage, fmt::format("--model {}: no model is named", base::printable(text)),
                    "write NAME=REF, such as nano=embedded:nano");
}

std::string count_text(const run::Progress& progress) {
  if (progress.unit.empty()) return {};
  if (progress.unit == "%") return fmt::format("  {} %", progress.done);
  return fmt::format("  {} {}", progress.done, progress.unit);
}

}  // namespace

void add_ask_again_options(CLI::App& command, AskAgainOptions& options) {
  options.asked = command
                      .add_option("--ask-again", options.items,
                                  "ask N drawn items of each task's cell again, and compare")
                      ->expected(0, 1)
                      ->default_str(std::to_string(reask::kUsualItems))
                      ->type_name("N");
  const auto belongs = [&options](CLI::Option* option) { options.belonging.push_back(option); };
  belongs(each(command.add_option("--model", options.models,
                                  "where a model is, in place of what the record says"))
              ->type_name("NAME=REF"));
  belongs(command.add_option("--items", options.doc_ids, "these items instead of drawn ones: 3,17")
              ->type_name("IDS"));
  belongs(command.add_option("--seed", options.seed, "of the draw [a new one each time]")->type_name("N"));
  belongs(each(command.add_option("--include-path", options.include_paths, "a folder of further task files"))
              ->type_name("DIR"));
  belongs(command.add_flag("--offline", options.offline, "no network: models and data come from the cache"));
  belongs(command.add_flag("--dry-run", options.dry_run, "say what would be asked, and how long it takes"));
  command.add_flag("-q,--quiet", options.quiet, "show no progress");
}

Result<std::optional<reask::Request>> ask_again_request(const AskAgainOptions& options) {
  if (options.asked == nullptr || options.asked->count() == 0) {
    const auto given = std::ranges::find_if(options.belonging,
                                            [](const CLI::Option* option) { return option->count() > 0; });
    if (given == options.belonging.end()) return std::nullopt;
    return base::fail(ErrorKind::usage, fmt::format("{} belongs to --ask-again", (*given)->get_name()),
                      "add --ask-again, or leave it out");
  }
  std::error_code ignored;
  if (!base::parse_integer(options.items) && std::filesystem::exists(options.items, ignored))
    return base::fail(
        ErrorKind::usage,
        fmt::format("--ask-again takes a number of items, and '{}' follows it",
                    base::printable(options.items)),
        fmt::format("write the file first: bantam verify {} --ask-again", base::printable(options.items)));
  reask::Request request;
  TRY_ASSIGN(request.draw.items, plan::integer_from("ask-again", options.items, 1, reask::kMostItems));
  if (!options.doc_ids.empty()) {
    TRY_ASSIGN(request.draw.doc_ids, doc_ids_from(options.doc_ids));
  }
  request.draw.seed = drawn_seed();
  if (!options.seed.empty()) {
    TRY_ASSIGN(const std::int64_t seed, plan::integer_from("seed", options.seed, 0, INT64_MAX));
    request.draw.seed = static_cast<std::uint64_t>(seed);
  }
  for (const std::string& text : options.models) {
    TRY_ASSIGN(request.models.emplace_back(), model_from(text));
  }
  request.include_paths.assign(options.include_paths.begin(), options.include_paths.end());
  request.offline = options.offline;
  request.only_looks = options.dry_run;
  return request;
}

Result<reask::Outcome> ask_with_progress(const reask::Cells& cells, const reask::Request& request, bool quiet,
                                         std::optional<int>& signal) {
  TRY_ASSIGN(job::Interrupts interrupts, job::Interrupts::watch());
  LiveLine line(stderr_terminal());
  TransferLine transfers(stderr_terminal(), quiet);
  reask::Hooks hooks;
  std::string shown;
  hooks.on_progress = [&](const std::string& place, const run::Progress& progress) {
    // Without a terminal a line for each cell; steps are for those who watch.
    if (quiet || (!line.is_live() && place == shown)) return;
    shown = place;
    if (line.is_live())
      line.show(base::ellipsize(fmt::format("bantam: {}: {}{}", place, progress.phase, count_text(progress)),
                                line.columns()));
    else
      note(fmt::format("bantam: asking {} again", place));
  };
  hooks.on_transfer = [&transfers](const hub::Transfer& transfer) { transfers.show(transfer); };
  const HashingLine hashing(stderr_terminal(), quiet, [&interrupts] { return interrupts.stopped(); });
  auto outcome = reask::ask_cells(cells, request, interrupts, hooks);
  line.clear();
  transfers.clear();
  signal = interrupts.signal_number();
  return outcome;
}

}  // namespace bantam::cli
