#include "run/walk.hpp"

#include <fmt/format.h>

#include <set>
#include <span>
#include <utility>

#include "run/contest.hpp"
#include "run/turns.hpp"
#include "run/walk_rounds.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using record::Outcome;

class Walk {
 public:
  explicit Walk(WalkContext context) : context_(context), turns_(context) {}

  Result<RunSummary> through() {
    std::set<std::size_t> walked;
    for (std::size_t i = 0; i < context_.cells.size(); ++i) {
      if (walked.contains(i)) continue;
      const std::vector<std::size_t> members = group_members(i);
      if (const Status done = walk(members); !done) {
        if (done.error().kind != base::ErrorKind::interrupted) return tl::unexpected(done.error());
        RunSummary summary = turns_.summary();
        summary.interrupted = true;
        return summary;
      }
      walked.insert(members.begin(), members.end());
    }
    return turns_.summary();
  }

 private:
  Status walk(const std::vector<std::size_t>& members) {
    if (is_in_rounds(members.front())) return walk_in_rounds(turns_, members);
    return members.size() == 1 ? turns_.walk_alone(members.front()) : walk_together(members);
  }

  bool is_in_rounds(std::size_t index) const {
    return record::row(context_.cells[index].cell.kind).is_in_rounds;
  }

  // The cells that take turns with this one, the base's first; the cell alone where it takes none.
  std::vector<std::size_t> group_members(std::size_t index) const {
    const PreparedCell& cell = context_.cells[index];
    if (is_in_rounds(index)) {
      std::vector<std::size_t> members;
      for (std::size_t i = 0; i < context_.cells.size(); ++i) {
        if (context_.cells[i].cell.kind == cell.cell.kind) members.push_back(i);
      }
      return members;
    }
    if (!plan::is_staged(context_.plan, cell.cell.kind)) return {index};
    const std::size_t base = cell.decided_against.value_or(index);
    if (context_.cells[base].skip_reason) return {index};
    std::vector<std::size_t> members{base};
    for (std::size_t i = 0; i < context_.cells.size(); ++i) {
      if (context_.cells[i].decided_against == base) members.push_back(i);
    }
    return members;
  }

  // A contest among the cells that are not decided yet; the base's goes as far as they need it.
  Status walk_together(const std::vector<std::size_t>& members) {
    Group group;
    TRY_ASSIGN(Walker base, turns_.walker(members.front()));
    group.push_back(std::move(base));
    for (const std::size_t index : std::span(members).subspan(1)) {
      TRY_ASSIGN(Walker other, turns_.walker(index));
      if (context_.cells[index].skip_reason || turns_.is_final(other)) {
        TRY(turns_.walk_alone(index));
      } else {
        group.push_back(std::move(other));
      }
    }
    TRY(turns_.check_interrupts());
    const StagedItems& staged = *context_.inputs.tasks.at(group.front().position.cell.task).staged;
    Contest contest({staged, *context_.plan.accuracy_settings.until_decided_points / 100.0, group.size() - 1,
                     [&](std::size_t cell) {
                       return context_.store.item_scores(context_.cells[group[cell].position.index].key);
                     },
                     [&](std::size_t cell, const Judgement& judgement) {
                       const plan::Cell& one = group[cell].position.cell;
                       context_.observer.on_notice(fmt::format("{} {} {}, {}", one.model.name, one.precision,
                                                               one.task, describe(judgement, staged)));
                     },
                     earlier_failure(group.front())});
    return turns_.take_turns(group, contest);
  }

  std::optional<base::Error> earlier_failure(const Walker& base) const {
    if (!base.known || base.known->outcome != Outcome::failed || context_.plan.retry) return std::nullopt;
    const auto failure = base.known->failure.value_or(record::Failure{});
    return base::Error{kind_of_failure(failure).value_or(base::ErrorKind::worker), failure.message, ""};
  }

  WalkContext context_;
  Turns turns_;
};

}  // namespace

Result<RunSummary> run_cells(const plan::Plan& plan, const Inputs& inputs,
                             const std::vector<PreparedCell>& cells, const Machine& machine,
                             const KernelVerdicts& kernels, store::Store& store, job::Interrupts& interrupts,
                             Observer& observer) {
  return Walk({plan, inputs, cells, machine, kernels, store, interrupts, observer}).through();
}

}  // namespace bantam::run
