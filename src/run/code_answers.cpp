// Code of tasks behind the answers: items get their values, and what code adds up is added up.
#include <algorithm>

#include "evaluate/code_scores.hpp"
#include "run/cell_kinds.hpp"
#include "task/code_rows.hpp"
#include "taskcode/runner.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;

Result<taskcode::Runner> start_runner(const CellContext& context) {
  return taskcode::Runner::start([&context] { return context.interrupts.stopped(); });
}

bool has_work(const task::Selection& selection) {
  return std::ranges::any_of(selection.leaves, task::needs_code_for_scores);
}

}  // namespace

Status add_code_values(const CellWork& work, record::Record& record) {
  const CellContext& context = work.context;
  const task::Selection& selection = context.inputs.tasks.at(context.cell.cell.task).selection;
  if (!has_work(selection)) return {};
  TRY_ASSIGN(const auto items, context.store.items(record.cell_key));
  Progress progress{"running task code", 0, 0, std::ssize(items), "items"};
  TRY_ASSIGN(taskcode::Runner runner, start_runner(context));
  for (task::Task leaf : selection.leaves) {
    if (!task::needs_code_for_scores(leaf)) continue;
    context.observer.on_progress(progress);
    TRY(evaluate::add_code_values(leaf, items, runner, [&](std::vector<record::Item> additions) -> Status {
      TRY(context.store.extend_items(record.cell_key, additions));
      progress.done += std::ssize(additions);
      context.observer.on_progress(progress);
      return {};
    }));
  }
  return {};
}

Result<std::map<std::string, evaluate::CodeScores>> code_scores(const CellWork& work,
                                                                const std::vector<record::Item>& items) {
  const CellContext& context = work.context;
  const task::Selection& selection = context.inputs.tasks.at(context.cell.cell.task).selection;
  std::map<std::string, evaluate::CodeScores> scores;
  if (!has_work(selection)) return scores;
  TRY_ASSIGN(taskcode::Runner runner, start_runner(context));
  for (task::Task leaf : selection.leaves) {
    if (!task::needs_code_for_scores(leaf)) continue;
    TRY(task::load_code(leaf, runner));
    TRY_ASSIGN(scores[leaf.name], evaluate::code_scores(leaf, items, runner));
  }
  return scores;
}

}  // namespace bantam::run
