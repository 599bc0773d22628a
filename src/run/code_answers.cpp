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

Result<std::map<std::string, evaluate::CodeScores>> run_task_code(const task::Selection& selection,
                                                                  std::vector<record::Item>& items,
                                                                  job::Interrupts& interrupts) {
  std::map<std::string, evaluate::CodeScores> scores;
  if (!has_work(selection)) return scores;
  TRY_ASSIGN(taskcode::Runner runner,
             taskcode::Runner::start([&interrupts] { return interrupts.stopped(); }));
  for (task::Task leaf : selection.leaves) {
    if (!task::needs_code_for_scores(leaf)) continue;
    std::vector<record::Item> additions;
    const auto keep = [&additions](std::vector<record::Item> more) -> Status {
      additions.insert(additions.end(), more.begin(), more.end());
      return {};
    };
    TRY(evaluate::add_code_values(leaf, items, runner, keep));
    for (const record::Item& addition : additions) {
      const auto found = std::ranges::find_if(items, [&addition](const record::Item& item) {
        return item.task == addition.task && item.doc_id == addition.doc_id;
      });
      if (found == items.end()) continue;
      found->metrics.insert(addition.metrics.begin(), addition.metrics.end());
      found->content.update(addition.content);
    }
    TRY_ASSIGN(scores[leaf.name], evaluate::code_scores(leaf, items, runner));
  }
  return scores;
}

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
    const auto store = [&](std::vector<record::Item> additions) -> Status {
      TRY(context.store.extend_items(record.cell_key, additions));
      progress.done += std::ssize(additions);
      context.observer.on_progress(progress);
      return {};
    };
    TRY(evaluate::add_code_values(leaf, items, runner, store));
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
