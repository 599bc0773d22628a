#include "verify/verify.hpp"

#include <fmt/format.h>

#include <algorithm>

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
      if (*record) TRY(check(**record));
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

  Status check(const Record& record) {
    const std::string point = record.point.empty() ? "" : " " + record.point;
    const std::string place = fmt::format("{} {}{} {}", record.model, record.precision, point, record.task);
    ++report_.cells;
    TRY_ASSIGN(const bool has_names, store_.has_its_names(record));
    if (!has_names) find(place, "the table of cells names another model, precision or task for it");
    if (record::is_imported(record)) ++report_.imported;
    TRY_ASSIGN(const store::Basis basis, store_.check_basis(record));
    if (basis == store::Basis::unknown) ++report_.without_basis;
    if (basis == store::Basis::changed)
      find(place, "the rows that it rests on are not those of its end: some are missing, more, or others");
    TRY(check_raw(record, place, basis));
    return {};
  }

  Status check_raw(const Record& record, const std::string& place, store::Basis basis) {
    const auto trials = store_.trials(record.cell_key, record.attempt);
    if (!trials) return note(tl::unexpected(trials.error()), place);
    const auto blocks = store_.blocks(record.cell_key, record.attempt);
    if (!blocks) return note(tl::unexpected(blocks.error()), place);
    const auto items = store_.items(record.cell_key);
    if (!items) return note(tl::unexpected(items.error()), place);
    report_.trials += std::ssize(*trials);
    report_.items += std::ssize(*items);
    if (record.outcome != record::Outcome::ok || record::is_imported(record)) {
      report_.not_recomputed += std::ssize(record.metrics);
    } else if (record::row(record::cell_kind(record.task)).is_in_rounds && !blocks->empty() &&
               std::ranges::all_of(*trials,
                                   [](const record::Trial& trial) { return trial.round.has_value(); })) {
      take(check_speeds(record, *trials), place);
    } else if (record::is_scored_task(record.task) && basis != store::Basis::replaced) {
      take(check_scores(record, *items), place);
    } else {
      report_.not_recomputed += std::ssize(record.metrics);
    }
    return {};
  }

  void take(Figures figures, const std::string& place) {
    report_.recomputed += figures.recomputed;
    report_.not_recomputed += figures.not_recomputed;
    for (std::string& wrong : figures.wrong) find(place, std::move(wrong));
  }

  store::Store& store_;
  Report report_;
};

}  // namespace

Result<Report> verify_store(store::Store& store) {
  return Verification(store).run();
}

}  // namespace bantam::verify
