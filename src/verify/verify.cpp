#include "verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "record/cell_kind.hpp"
#include "record/sections.hpp"

namespace bantam::verify {
namespace {

using base::Result;
using base::Status;
using record::Record;

class Verification {
 public:
  explicit Verification(store::Store& store) : store_(store) {}

  Result<Report> run() {
    TRY(note(store_.check_file(), ""));
    TRY_ASSIGN(const auto damage, store_.damaged_rows());
    for (const std::string& what : damage) find("", what);
    TRY_ASSIGN(const auto keys, store_.cell_keys());
    for (const std::string& key : keys) {
      auto record = store_.find_record(key);
      if (!record) {
        TRY(note(tl::unexpected(record.error()), "cell " + key.substr(0, 12)));
        continue;
      }
      if (*record) TRY(check(**std::move(record)));
    }
    return std::move(report_);
  }

 private:
  void find(const std::string& place, std::string what) {
    report_.findings.push_back({place, std::move(what)});
  }

  // Damage is a finding; what keeps the store from being read ends all.
  Status note(const Status& status, const std::string& place) {
    if (status) return {};
    if (status.error().kind != base::ErrorKind::integrity) return tl::unexpected(status.error());
    find(place, status.error().message);
    return {};
  }

  Status check(Record record) {
    const std::string place = place_of(record);
    TRY_ASSIGN(const bool has_names, store_.has_its_names(record));
    if (!has_names) find(place, "the table of cells names another model, precision or task for it");
    TRY_ASSIGN(const store::Basis basis, store_.check_basis(record));
    if (basis == store::Basis::unknown) ++report_.without_basis;
    if (basis == store::Basis::changed)
      find(place, "the rows that it rests on are not those of its end: some are missing, more, or others");
    record::FinishedCell cell{std::move(record), {}, {}, {}};
    const bool is_whole =
        take(store_.trials(cell.record.cell_key, cell.record.attempt), cell.trials, place) &&
        take(store_.blocks(cell.record.cell_key, cell.record.attempt), cell.blocks, place) &&
        take(store_.items(cell.record.cell_key), cell.items, place);
    if (failed_) return tl::unexpected(*failed_);
    if (is_whole)
      check_cell(cell, basis != store::Basis::replaced, report_);
    else
      ++report_.cells;
    return {};
  }

  // Whether the rows could be read; what is damaged is noted.
  template <typename Rows>
  bool take(Result<Rows> rows, Rows& into, const std::string& place) {
    if (rows) {
      into = *std::move(rows);
      return true;
    }
    if (const Status noted = note(tl::unexpected(rows.error()), place); !noted) failed_ = noted.error();
    return false;
  }

  store::Store& store_;
  Report report_;
  std::optional<base::Error> failed_;  // why the store cannot be read
};

bool is_in_rounds(const Record& record) {
  return record::row(record::cell_kind(record.task)).is_in_rounds;
}

// Speeds that were measured before there were rounds have none, and are not recomputed.
bool has_rounds(const record::FinishedCell& cell) {
  const auto is_of_one = [](const record::Trial& trial) { return trial.round.has_value(); };
  return is_in_rounds(cell.record) && (!cell.blocks.empty() || !record::block_figures(cell.record).empty() ||
                                       std::ranges::any_of(cell.trials, is_of_one));
}

Figures check_rounds(const record::FinishedCell& cell) {
  if (cell.trials.empty())
    return {0, std::ssize(cell.record.metrics), {"there are figures of rounds, and no trials"}};
  Figures figures = check_measured(cell);
  std::map<std::int64_t, const record::Block*> blocks;
  for (const record::Block& block : cell.blocks) blocks.try_emplace(block.round, &block);
  const auto is_of_none = [&blocks](const record::Trial& trial) {
    return !trial.round || !blocks.contains(*trial.round);
  };
  if (const auto count = std::ranges::count_if(cell.trials, is_of_none); count > 0)
    figures.wrong.push_back(fmt::format("{} trials are of no round that is there", count));
  for (const record::BlockFigures& said : record::block_figures(cell.record)) {
    const auto block = blocks.find(said.round);
    if (block != blocks.end() && block->second->series != said.series)
      figures.wrong.push_back(fmt::format("round {} was measured beside others than the record says",
                                          static_cast<std::uint64_t>(said.round) + 1));
  }
  check_memory_lines(cell, figures);
  check_power_traces(cell, figures);
  return figures;
}

Figures check_figures(const record::FinishedCell& cell, bool has_its_items) {
  const Record& record = cell.record;
  if (record.outcome == record::Outcome::ok && has_rounds(cell)) return check_rounds(cell);
  const bool has_data = has_its_items && !(record::is_imported(record) && cell.items.empty());
  if (record.outcome == record::Outcome::ok && record::is_scored_task(record.task) && has_data)
    return check_scores(record, cell.items);
  return {0, std::ssize(record.metrics), {}};
}

void add(const std::string& place, const std::vector<std::string>& texts, std::string_view more,
         std::vector<Finding>& findings) {
  const std::size_t told = std::min(texts.size(), kMostOfCell);
  for (std::size_t i = 0; i < told; ++i) findings.push_back({place, base::printable(texts[i])});
  if (told < texts.size()) findings.push_back({place, fmt::format("{} {}", texts.size() - told, more)});
}

}  // namespace

base::Result<store::Basis> sound_basis(store::Store& store, const Record& record) {
  TRY_ASSIGN(const store::Basis basis, store.check_basis(record));
  if (basis == store::Basis::changed)
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("{}: the rows that it rests on are not those of its end", place_of(record)),
                      "see what is wrong with `bantam verify`");
  return basis;
}

std::string place_of(const Record& record) {
  return base::printable(fmt::format("{} {}{}{} {}", record.model, record.precision,
                                     record.point.empty() ? "" : " ", record.point, record.task));
}

void check_cell(const record::FinishedCell& cell, bool has_its_items, Report& report) {
  const Record& record = cell.record;
  const bool is_imported = record::is_imported(record);
  ++report.cells;
  report.trials += std::ssize(cell.trials);
  report.items += std::ssize(cell.items);
  if (is_imported) ++report.imported;
  if (is_imported && cell.items.empty()) ++report.imported_without_items;
  if (record.outcome == record::Outcome::ok && !is_imported && is_in_rounds(record) && !has_rounds(cell))
    ++report.without_rounds;
  Figures figures = check_figures(cell, has_its_items);
  if (is_imported && (!cell.trials.empty() || !cell.blocks.empty() || !record::block_figures(record).empty()))
    figures.wrong.emplace_back("it is said to be imported, and has trials or rounds");
  report.recomputed += figures.recomputed;
  report.not_recomputed += figures.not_recomputed;
  add(place_of(record), figures.wrong, "further things are wrong", report.findings);
  add(place_of(record), figures.unjudged, "further figures", report.unjudged);
}

Result<Report> verify_store(store::Store& store) {
  return Verification(store).run();
}

}  // namespace bantam::verify
