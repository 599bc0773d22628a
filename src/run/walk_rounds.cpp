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
// for those, the model's first cell at the base precision; for that one, the first cell of the group.
std::vector<std::optional<std::size_t>> bases(const plan::Plan& plan, const Group& group) {
  const auto is_at_base = [&](std::size_t i, const plan::Cell& cell) {
    const plan::Cell& other = group[i].position.cell;
    return other.model.name == cell.model.name &&
           other.precision == plan::base_precision_of(plan, cell.model);
  };
  const auto first = [&](std::size_t self, const auto& is_base) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (i != self && is_base(i)) return std::optional(i);
    }
    return std::optional<std::size_t>();
  };
  std::vector<std::optional<std::size_t>> bases;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const plan::Cell& cell = group[i].position.cell;
    auto base = first(i, [&](std::size_t other) {
      return is_at_base(other, cell) && group[other].position.cell.point.label == cell.point.label;
    });
    const bool is_base = is_at_base(i, cell);
    if (!base)
      base = first(i, [&](std::size_t other) { return is_at_base(other, cell) && (!is_base || other < i); });
    if (!base && i > 0) base = 0;
    bases.push_back(base);
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
  Rounds rounds({plan.performance_settings, bases(plan, group), scenarios, plan.seed,
                 [&](std::size_t cell) { return count_blocks(store, attempts[cell]); },
                 [&](std::size_t cell, std::int64_t from) {
                   return see_blocks(store, attempts[cell], gates[cell], from);
                 },
                 [&](RoundsEnd end, std::int64_t count) { note(group, describe(end, count)); },
                 [&](const LongerBlocks& longer) {
                   note(group, describe(longer));
                   observer.on_notice(describe(longer));
                 }});
  return turns.take_turns(group, rounds);
}

}  // namespace bantam::run
