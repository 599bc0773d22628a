#include "run/walk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <span>
#include <utility>

#include "measure/block.hpp"
#include "record/sections.hpp"
#include "run/contest.hpp"
#include "run/open_cell.hpp"
#include "run/outlook.hpp"
#include "run/rounds.hpp"
#include "run/stored_rounds.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using record::Outcome;

// A worker died of it, or it was seen before.
std::optional<base::ErrorKind> kind_of_failure(const std::optional<record::Failure>& failure) {
  if (!failure) return std::nullopt;
  if (failure->kind != kDoesNotFit) return base::error_kind_from(failure->kind);
  return failure->signal ? base::ErrorKind::worker : base::ErrorKind::environment;
}

void count(RunSummary& summary, const record::Record& record, bool reused) {
  summary.reused += reused ? 1 : 0;
  switch (record.outcome) {
    case Outcome::ok:
      ++summary.ok;
      summary.with_failed_items += record.metrics.contains("failed") ? 1 : 0;
      return;
    case Outcome::skipped:
      ++summary.skipped;
      return;
    case Outcome::failed:
      ++summary.failed;
      break;
    case Outcome::invalid:
      ++summary.invalid;
      break;
  }
  if (summary.first_failure) return;
  summary.first_failure = record.outcome == Outcome::invalid ? base::ErrorKind::invalid_measurement
                                                             : kind_of_failure(record.failure);
}

// A record whose score is that of a part of the items only.
std::string early_stop_warning(std::int64_t used, std::int64_t total) {
  return fmt::format(
      "stopped after {} of {} items, when the comparison was decided: the score is that of a seeded part, "
      "and its interval takes no account of the stopping",
      used, total);
}

// One cell of a group, on its way to its record.
struct Walker {
  CellContext context;
  CellPosition position;
  std::optional<record::Record> known;  // the last finished record, of an earlier run
  std::optional<OpenCell> open = {};    // while an attempt is open
  bool is_prepared = false;
  bool cannot_be_prepared = false;
  bool has_worked = false;  // in this run, so that the record knows engine and model
  bool is_settled = false;  // has a record of this run
};
using Group = std::deque<Walker>;  // an OpenCell points to its context: they do not move

// Whether an earlier run has left a record on as many items.
bool is_known_with(const Walker& walker, const std::optional<record::Adaptive>& adaptive) {
  if (!walker.known || walker.known->outcome != Outcome::ok || !adaptive) return false;
  const auto known = record::adaptive(*walker.known);
  return known && known->n_used == adaptive->n_used;
}

class Walk {
 public:
  Walk(const plan::Plan& plan, const Inputs& inputs, const std::vector<PreparedCell>& cells,
       const Machine& machine, const KernelVerdicts& kernels, store::Store& store,
       job::Interrupts& interrupts, Observer& observer)
      : plan_(plan),
        inputs_(inputs),
        cells_(cells),
        machine_(machine),
        kernels_(kernels),
        store_(store),
        interrupts_(interrupts),
        observer_(observer) {}

  Result<RunSummary> through() {
    std::set<std::size_t> walked;
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (walked.contains(i)) continue;
      const std::vector<std::size_t> members = group_members(i);
      if (const Status done = walk(members); !done) {
        if (done.error().kind != base::ErrorKind::interrupted) return tl::unexpected(done.error());
        summary_.interrupted = true;
        return summary_;
      }
      walked.insert(members.begin(), members.end());
    }
    return summary_;
  }

 private:
  Status walk(const std::vector<std::size_t>& members) {
    if (is_in_rounds(members.front())) return walk_in_rounds(members);
    return members.size() == 1 ? walk_alone(members.front()) : walk_together(members);
  }

  bool is_in_rounds(std::size_t index) const { return record::row(cells_[index].cell.kind).is_in_rounds; }

  // The cells that take turns with this one, the base's first; the cell alone where it takes none.
  std::vector<std::size_t> group_members(std::size_t index) const {
    const PreparedCell& cell = cells_[index];
    if (is_in_rounds(index)) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < cells_.size(); ++i) {
        if (cells_[i].cell.kind == cell.cell.kind) members.push_back(i);
      }
      return members;
    }
    if (!plan::is_staged(plan_, cell.cell.kind)) return {index};
    const std::size_t base = cell.decided_against.value_or(index);
    if (cells_[base].skip_reason) return {index};
    std::vector<std::size_t> members{base};
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      if (cells_[i].decided_against == base) members.push_back(i);
    }
    return members;
  }

  Result<Walker> walker(std::size_t index) {
    TRY_ASSIGN(auto known, store_.find_record(cells_[index].key));
    return Walker{{plan_, inputs_, cells_[index], machine_, kernels_, store_, interrupts_, observer_},
                  {index, cells_.size(), cells_[index].cell, ""},
                  std::move(known)};
  }

  bool is_final(const Walker& walker) const {
    return walker.known && run::is_final(*walker.known, plan_.retry);
  }

  Status settle(Walker& walker, const record::Record& record, bool reused) {
    walker.open.reset();
    walker.is_settled = true;
    count(summary_, record, reused);
    return observer_.on_cell_finished(walker.position, record, reused);
  }

  Status walk_alone(std::size_t index) {
    Group group;
    TRY_ASSIGN(Walker alone, walker(index));
    group.push_back(std::move(alone));
    OnePart schedule;
    return settle_or_walk(group, schedule);
  }

  // A cell by itself, unless its record is there or it cannot be measured.
  Status settle_or_walk(Group& group, Schedule& schedule) {
    Walker& walker = group.front();
    if (is_final(walker)) return settle(walker, *walker.known, true);
    if (!cells_[walker.position.index].skip_reason) return take_turns(group, schedule);
    TRY(check_interrupts());
    observer_.on_cell_started(walker.position);
    TRY(open(walker));
    TRY_ASSIGN(const auto record, walker.open->skip(*cells_[walker.position.index].skip_reason));
    return settle(walker, record, false);
  }

  // A contest among the cells that are not decided yet; the base's goes as far as they need it.
  Status walk_together(const std::vector<std::size_t>& members) {
    Group group;
    TRY_ASSIGN(Walker base, walker(members.front()));
    group.push_back(std::move(base));
    for (const std::size_t index : std::span(members).subspan(1)) {
      TRY_ASSIGN(Walker other, walker(index));
      if (cells_[index].skip_reason || is_final(other)) {
        TRY(walk_alone(index));
      } else {
        group.push_back(std::move(other));
      }
    }
    TRY(check_interrupts());
    const StagedItems& staged = *inputs_.tasks.at(group.front().position.cell.task).staged;
    Contest contest(
        {staged, *plan_.accuracy_settings.until_decided_points / 100.0, group.size() - 1,
         [&](std::size_t cell) { return store_.item_scores(cells_[group[cell].position.index].key); },
         [&](std::size_t cell, const Judgement& judgement) {
           const plan::Cell& one = group[cell].position.cell;
           observer_.on_notice(fmt::format("{} {} {}, {}", one.model.name, one.precision, one.task,
                                           describe(judgement, staged)));
         },
         earlier_failure(group.front())});
    return take_turns(group, contest);
  }

  // Every cell that has no record yet gives one block per round.
  Status walk_in_rounds(const std::vector<std::size_t>& members) {
    Group group;
    for (const std::size_t index : members) {
      TRY_ASSIGN(Walker one, walker(index));
      if (cells_[index].skip_reason || is_final(one)) {
        TRY(walk_alone(index));
      } else {
        group.push_back(std::move(one));
        TRY(make_ready_or_leave(group));
      }
    }
    if (group.empty()) return {};
    std::vector<AttemptName> attempts;
    for (Walker& one : group) attempts.push_back({one.open->record().cell_key, one.open->record().attempt});
    TRY_ASSIGN(const auto joined, join_rounds(store_, attempts, boot_identity()));
    for (Walker& one : group) one.open->join(joined.series);
    if (joined.kept > 0) {
      observer_.on_notice(fmt::format("going on after {} {} of a run that was interrupted", joined.kept,
                                      joined.kept == 1 ? "round" : "rounds"));
    }
    const measure::Gates gates = measure::gates_for(plan_.performance_settings);
    std::vector<int> scenarios;
    for (const Walker& one : group) scenarios.push_back(measure::scenario_count(one.context.performance()));
    Rounds rounds({plan_.performance_settings, bases(group), scenarios, plan_.seed,
                   [&](std::size_t cell) { return count_blocks(store_, attempts[cell]); },
                   [&](std::size_t cell) { return see_blocks(store_, attempts[cell], gates); },
                   [&](RoundsEnd end, std::int64_t count) { note_end(group, describe(end, count)); }});
    return take_turns(group, rounds);
  }

  // Makes the cell's files; one for which they cannot be made has its record then and leaves the group.
  Status make_ready_or_leave(Group& group) {
    Walker& one = group.back();
    TRY(check_interrupts());
    TRY(open(one));
    observer_.on_cell_started(one.position);
    const Status ready = one.open->prepare();
    one.is_prepared = ready.has_value();
    one.has_worked = one.is_prepared;
    if (ready) return {};
    if (ready.error().kind == base::ErrorKind::interrupted) return ready;
    TRY_ASSIGN(const auto record, one.open->fail(ready.error()));
    TRY(settle(one, record, false));
    group.pop_back();
    return {};
  }

  // Per cell, its model's cell at the base precision; for those, the first cell of the group.
  std::vector<std::optional<std::size_t>> bases(const Group& group) const {
    std::vector<std::optional<std::size_t>> bases;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const plan::Cell& cell = group[i].position.cell;
      const std::string& base_precision = plan::base_precision_of(plan_, cell.model);
      const auto is_base = [&](const Walker& walker) {
        const plan::Cell& other = walker.position.cell;
        if (other.model.name != cell.model.name || other.precision != base_precision) return false;
        // In a sweep: the same point or, of those at the base precision, the first that does the same work.
        return cell.precision == base_precision ? other.point.performance == cell.point.performance
                                                : other.point.label == cell.point.label;
      };
      const auto found = std::ranges::find_if(group, is_base);
      auto base = found == group.end() ? 0 : static_cast<std::size_t>(found - group.begin());
      const bool is_other_work = group.front().position.cell.point.performance != cell.point.performance;
      if (base == i && !is_other_work) base = 0;
      if (base == 0 && is_other_work) base = i;
      bases.push_back(base == i ? std::nullopt : std::optional(base));
    }
    return bases;
  }

  static void note_end(Group& group, const std::string& sentence) {
    for (Walker& one : group) {
      if (one.open) record::add_scenario(one.open->record(), sentence);
    }
  }

  std::optional<base::Error> earlier_failure(const Walker& base) const {
    if (!base.known || base.known->outcome != Outcome::failed || plan_.retry) return std::nullopt;
    const auto failure = base.known->failure.value_or(record::Failure{});
    return base::Error{kind_of_failure(failure).value_or(base::ErrorKind::worker), failure.message, ""};
  }

  // Carries out the steps of the schedule. A record of an earlier run to which nothing was added stands.
  Status take_turns(Group& group, Schedule& schedule) {
    while (true) {
      TRY_ASSIGN(const auto step, schedule.next());
      if (!step) break;
      TRY(std::visit([&](const auto& one) { return take(one, group, schedule); }, *step));
    }
    for (Walker& walker : group) {
      if (!walker.is_settled && walker.known) TRY(settle(walker, *walker.known, true));
    }
    return {};
  }

  Status take(const MeasurePart& step, Group& group, Schedule& schedule) {
    TRY(check_interrupts());
    return judged(measure(group[step.cell], step.part), step.cell, group, schedule);
  }

  Status take(const CloseCell& step, Group& group, Schedule& schedule) {
    Walker& walker = group[step.cell];
    if (!walker.open && is_known_with(walker, step.adaptive)) return {};
    return judged(close(walker, step), step.cell, group, schedule);
  }

  Status take(const FailCell& step, Group& group, Schedule& schedule) {
    return failed(step.error, step.cell, group, schedule);
  }

  // Errors of a step: the run's as they are, the cell's as its record. A file that cannot be made for want of
  // space fails its cell; only the store ends the run.
  Status judged(const Status& done, std::size_t cell, Group& group, Schedule& schedule) {
    if (done) return done;
    const base::ErrorKind kind = done.error().kind;
    const bool is_the_stores = kind == base::ErrorKind::storage && !group[cell].cannot_be_prepared;
    if (is_the_stores || kind == base::ErrorKind::interrupted) return done;
    return failed(done.error(), cell, group, schedule);
  }

  Status failed(const base::Error& error, std::size_t cell, Group& group, Schedule& schedule) {
    Walker& walker = group[cell];
    TRY(open(walker));
    TRY_ASSIGN(const auto record, walker.open->fail(error));
    TRY(settle(walker, record, false));
    schedule.on_failed(cell, error);
    return {};
  }

  Status open(Walker& walker) {
    if (walker.open) return {};
    TRY_ASSIGN(walker.open, OpenCell::begin(walker.context));
    return {};
  }

  Status measure(Walker& walker, const Part& part) {
    TRY(open(walker));
    CellPosition position = walker.position;
    position.part = part.name;
    position.is_announced = part.round.has_value();
    observer_.on_cell_started(position);
    if (!walker.is_prepared) {
      const Status ready = walker.open->prepare();
      walker.cannot_be_prepared = !ready;
      if (!ready) return ready;
    }
    walker.is_prepared = true;
    walker.has_worked = true;
    if (part.round) TRY(wait_until_quiet());
    return walker.open->work(part);
  }

  Status close(Walker& walker, const CloseCell& step) {
    if (!walker.has_worked && step.last) TRY(measure(walker, *step.last));
    TRY(walker.open->complete());
    TRY(walker.open->summarize());
    record::Record& record = walker.open->record();
    if (step.adaptive) {
      record::set_adaptive(record, *step.adaptive);
      const std::int64_t used = step.adaptive->n_used.value_or(0);
      if (used < step.adaptive->n_total)
        record.warnings.push_back(early_stop_warning(used, step.adaptive->n_total));
    }
    TRY_ASSIGN(const auto stored, walker.open->finish());
    return settle(walker, stored, false);
  }

  Status wait_until_quiet() {
    const double wait_s = plan_.performance_settings.wait_quiet_s;
    if (wait_s <= 0.0) return {};
    observer_.on_progress({"waiting for a quiet machine", 0, 0, {}, ""});
    TRY_ASSIGN(const auto share, measure::wait_until_quiet(wait_s, [this] {
                 observer_.on_tick();
                 return check_interrupts();
               }));
    if (share && *share > measure::kQuietShare) {
      observer_.on_notice(
          fmt::format("the machine did not become quiet within {:g} s: others take {:.0f} % of the CPU",
                      wait_s, 100.0 * *share));
    }
    return {};
  }

  Status check_interrupts() {
    interrupts_.update();
    if (interrupts_.count() == 0) return {};
    return base::fail(base::ErrorKind::interrupted, "stopped");
  }

  const plan::Plan& plan_;
  const Inputs& inputs_;
  const std::vector<PreparedCell>& cells_;
  const Machine& machine_;
  const KernelVerdicts& kernels_;
  store::Store& store_;
  job::Interrupts& interrupts_;
  Observer& observer_;
  RunSummary summary_;
};

}  // namespace

Result<RunSummary> run_cells(const plan::Plan& plan, const Inputs& inputs,
                             const std::vector<PreparedCell>& cells, const Machine& machine,
                             const KernelVerdicts& kernels, store::Store& store, job::Interrupts& interrupts,
                             Observer& observer) {
  return Walk(plan, inputs, cells, machine, kernels, store, interrupts, observer).through();
}

}  // namespace bantam::run
