#include "run/walk_rounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "measure/block.hpp"
#include "record/sections.hpp"
#include "run/rounds.hpp"
#include "run/stored_rounds.hpp"

namespace bantam::run {
namespace {

using base::Status;

// Makes the cell's files; one for which they cannot be made has its record then and leaves the group.
Status make_ready_or_leave(Turns& turns, Group& group) {
  Observer& observer = turns.context().observer;
  Walker& one = group.back();
  TRY(turns.check_interrupts());
  TRY(turns.open(one));
  observer.on_cell_started(one.position);
  const Status ready = one.open->prepare();
  one.is_prepared = ready.has_value();
  one.has_worked = one.is_prepared;
  if (ready) return {};
  if (ready.error().kind == base::ErrorKind::interrupted) return ready;
  TRY_ASSIGN(const auto record, one.open->fail(ready.error()));
  TRY(turns.settle(one, record, false));
  group.pop_back();
  return {};
}

// Per cell, what it is compared with: its model's cell at the base precision and the same point of a sweep;
// for those, the model's first at the base precision that does the same work; for that one, the first cell of
// the group, if it does. Absent: nothing.
std::vector<std::optional<std::size_t>> bases(const plan::Plan& plan, const Group& group) {
  std::vector<std::optional<std::size_t>> bases;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const plan::Cell& cell = group[i].position.cell;
    const std::string& base_precision = plan::base_precision_of(plan, cell.model);
    const auto does_same_work = [&cell](const plan::Cell& other) {
      return other.point.performance == cell.point.performance;
    };
    const auto is_base = [&](const Walker& walker) {
      const plan::Cell& other = walker.position.cell;
      if (other.model.name != cell.model.name || other.precision != base_precision) return false;
      return cell.precision == base_precision ? does_same_work(other) : other.point.label == cell.point.label;
    };
    const auto found = std::ranges::find_if(group, is_base);
    auto base = found == group.end() ? i : static_cast<std::size_t>(found - group.begin());
    if (base == i && does_same_work(group.front().position.cell)) base = 0;
    bases.push_back(base == i ? std::nullopt : std::optional(base));
  }
  return bases;
}

void note(Group& group, const std::string& sentence) {
  for (Walker& one : group) {
    if (one.open) record::add_scenario(one.open->record(), sentence);
  }
}

}  // namespace

Status walk_in_rounds(Turns& turns, const std::vector<std::size_t>& members) {
  const plan::Plan& plan = turns.context().plan;
  store::Store& store = turns.context().store;
  Observer& observer = turns.context().observer;
  Group group;
  for (const std::size_t index : members) {
    TRY_ASSIGN(Walker one, turns.walker(index));
    if (turns.context().cells[index].skip_reason || turns.is_final(one)) {
      TRY(turns.walk_alone(index));
    } else {
      group.push_back(std::move(one));
      TRY(make_ready_or_leave(turns, group));
    }
  }
  if (group.empty()) return {};
  std::vector<AttemptName> attempts;
  for (Walker& one : group) attempts.push_back({one.open->record().cell_key, one.open->record().attempt});
  TRY_ASSIGN(const auto joined, join_rounds(store, attempts, boot_identity()));
  for (Walker& one : group) one.open->join(joined.series);
  if (joined.kept > 0) {
    observer.on_notice(fmt::format("going on after {} {} of a run that was interrupted", joined.kept,
                                   joined.kept == 1 ? "round" : "rounds"));
  }
  std::vector<measure::Gates> gates;
  std::vector<int> scenarios;
  for (const Walker& one : group) {
    gates.push_back(measure::gates_for(one.context.performance()));
    scenarios.push_back(measure::scenario_count(one.context.performance()));
  }
  // The rules of repeating are alike in all cells of a group.
  const plan::PerformanceSettings rules = group.front().context.performance();
  Rounds rounds({rules, bases(plan, group), scenarios, plan.seed,
                 [&](std::size_t cell) { return count_blocks(store, attempts[cell]); },
                 [&](std::size_t cell, std::int64_t from) {
                   return see_blocks(store, attempts[cell], gates[cell], from);
                 },
                 [&](RoundsEnd end, std::int64_t count) { note(group, describe(end, count)); },
                 [&](const LongerBlocks& longer) {
                   note(group, describe(longer));
                   observer.on_notice(describe(longer));
                 },
                 plan.decide_by});
  return turns.take_turns(group, rounds);
}

}  // namespace bantam::run
