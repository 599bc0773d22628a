#include "run/contest_cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <utility>

#include "run/cell_run.hpp"
#include "run/contest.hpp"
#include "stats/sequential.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using stats::kLooks;

// Of a record whose score is of a part of the items only.
std::string early_stop_warning(std::int64_t used, std::int64_t total) {
  return fmt::format(
      "stopped after {} of {} items, when the comparison was decided: the score is that of a seeded part, "
      "and its interval takes no account of the stopping",
      used, total);
}

base::Error items_missing(std::size_t look) {
  return {base::ErrorKind::integrity, fmt::format("the worker ended without all items of look {}", look + 1),
          "run it again with --retry"};
}

// One cell of the contest: a worker for each stage that is not in the store yet.
class StagedCell final : public Entrant {
 public:
  // A finished record may be extended by further stages, in a new attempt.
  StagedCell(const ContestCell& cell, const Looks& looks, const RecordSink& on_record)
      : cell_(cell), looks_(looks), on_record_(on_record) {}
  StagedCell(const StagedCell&) = delete;
  StagedCell& operator=(const StagedCell&) = delete;

  Result<Ended> advance(std::size_t look) override;
  Result<std::vector<record::Item>> items() override;
  Result<Ended> finish(const base::Json& adaptive) override;
  Status fail(const Ended& ended) override;

  // A known record to which nothing was added.
  Status settle_unchanged() {
    return cell_.known && !is_settled_ ? on_record_(cell_.position, *cell_.known, true) : Status{};
  }

 private:
  Result<Ended> work(std::size_t look);
  Result<std::size_t> complete_looks();
  bool is_known_with(std::int64_t used) const;
  Status open();
  Status settle(const record::Record& record);

  const ContestCell& cell_;
  const Looks& looks_;
  const RecordSink& on_record_;
  std::optional<OpenCell> open_;  // while an attempt is open
  bool has_worked_ = false;       // in this sitting, so that the record knows engine and model
  bool is_settled_ = false;       // has a record of this sitting
};

Status StagedCell::open() {
  if (open_) return {};
  TRY_ASSIGN(open_, OpenCell::begin(cell_.run));
  return {};
}

Result<Ended> StagedCell::work(std::size_t look) {
  TRY(open());
  CellPosition position = cell_.position;
  position.part = fmt::format("look {} of {}", look + 1, kLooks.size());
  cell_.run.observer.on_cell_started(position);
  if (!has_worked_) {
    if (Ended ended = open_->prepare(); ended.interrupted || ended.error) return ended;
  }
  has_worked_ = true;
  const CellPart part{{look == 0 ? 0.0 : kLooks[look - 1], kLooks[look]},
                      look == 0 ? 0 : looks_.items_at(look - 1)};
  return open_->work(part);
}

Result<Ended> StagedCell::advance(std::size_t look) {
  TRY_ASSIGN(std::size_t complete, complete_looks());
  while (complete <= look) {
    cell_.run.interrupts.update();
    if (cell_.run.interrupts.count() > 0) return Ended{true, std::nullopt, {}};
    TRY_ASSIGN(Ended ended, work(complete));
    if (ended.interrupted || ended.error) return ended;
    const std::size_t before = complete;
    TRY_ASSIGN(complete, complete_looks());
    if (complete == before) return Ended{false, items_missing(before), {}};
  }
  return Ended{};
}

Result<std::size_t> StagedCell::complete_looks() {
  TRY_ASSIGN(const auto there, items());
  return looks_complete(looks_, there);
}

Result<std::vector<record::Item>> StagedCell::items() {
  return cell_.run.store.item_scores(cell_.run.cell.key);
}

Result<Ended> StagedCell::finish(const base::Json& adaptive) {
  const auto used = base::integer_at(adaptive, "n_used").value_or(0);
  if (!open_ && is_known_with(used)) return Ended{};
  if (!has_worked_) {
    TRY_ASSIGN(const std::size_t complete, complete_looks());
    TRY_ASSIGN(Ended ended, work(std::max<std::size_t>(complete, 1) - 1));
    if (ended.interrupted || ended.error) return ended;
  }
  TRY_ASSIGN(Ended compared, open_->compare());
  if (compared.interrupted || compared.error) return compared;
  TRY(open_->summarize());
  record::Record& record = open_->record();
  record.task_info["adaptive"] = adaptive;
  const auto total = base::integer_at(adaptive, "n_total").value_or(0);
  if (used < total) record.warnings.push_back(early_stop_warning(used, total));
  TRY_ASSIGN(const auto stored, open_->finish());
  TRY(settle(stored));
  return Ended{};
}

// Whether an earlier sitting has left a record on as many items.
bool StagedCell::is_known_with(std::int64_t used) const {
  if (!cell_.known || cell_.known->outcome != record::Outcome::ok) return false;
  return base::integer_at(base::child_at(cell_.known->task_info, "adaptive"), "n_used") == used;
}

Status StagedCell::fail(const Ended& ended) {
  TRY(open());
  TRY_ASSIGN(const auto stored, open_->fail(ended));
  return settle(stored);
}

Status StagedCell::settle(const record::Record& record) {
  open_.reset();
  is_settled_ = true;
  return on_record_(cell_.position, record, false);
}

std::string describe(const plan::Cell& cell, const Judgement& judgement, const Looks& looks) {
  return fmt::format("{} {} {}, {}", cell.model.name, cell.precision, cell.task, describe(judgement, looks));
}

}  // namespace

Result<bool> run_contest_cells(const ContestCell& base, const std::vector<ContestCell>& others,
                               const Looks& looks, const RecordSink& on_record) {
  StagedCell base_cell(base, looks, on_record);
  std::deque<StagedCell> other_cells;
  for (const ContestCell& other : others) other_cells.emplace_back(other, looks, on_record);
  const plan::Plan& plan = base.run.plan;
  if (base.known && base.known->outcome == record::Outcome::failed && !plan.retry) {
    TRY(base_cell.settle_unchanged());
    const auto failure = base.known->failure.value_or(record::Failure{});
    const Ended ended = base_failure(
        {base::error_kind_from(failure.kind).value_or(base::ErrorKind::worker), failure.message, ""});
    for (StagedCell& other : other_cells) TRY(other.fail(ended));
    return false;
  }
  Contest contest{looks, *plan.accuracy_settings.until_decided_points / 100.0, base_cell, {}, {}};
  for (StagedCell& other : other_cells) contest.others.push_back(&other);
  contest.on_look = [&](std::size_t other, const Judgement& judgement) {
    const ContestCell& cell = others[other];
    cell.run.observer.on_notice(describe(cell.position.cell, judgement, looks));
  };
  TRY_ASSIGN(const bool interrupted, run_contest(contest));
  if (!interrupted) TRY(base_cell.settle_unchanged());
  return interrupted;
}

}  // namespace bantam::run
