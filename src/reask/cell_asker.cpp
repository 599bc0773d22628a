#include "reask/cell_asker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/text.hpp"
#include "bundle/form.hpp"
#include "evaluate/prompts.hpp"
#include "job/jobs.hpp"
#include "job/process.hpp"
#include "reask/replay.hpp"
#include "record/sections.hpp"
#include "run/cell.hpp"
#include "run/estimates.hpp"
#include "run/questions.hpp"
#include "stats/sequential.hpp"

namespace bantam::reask {
namespace {

using base::Result;
using base::Status;
using record::Item;
using record::ItemName;
using record::Record;

std::string item_name(const ItemName& name) {
  return base::printable(fmt::format("item {} of {}", name.second, name.first));
}

// All the stages in which a plan takes its items, each asked by a job of its own.
std::vector<task::Stage> stages_of(const FoundCell& found) {
  if (!found.plan.accuracy_settings.until_decided_points) return {task::Stage{}};
  std::vector<task::Stage> stages;
  double begin = 0.0;
  for (const double end : stats::kLooks) {
    stages.push_back({begin, end});
    begin = end;
  }
  return stages;
}

// The names of all items that the settings ask for in one stage.
Result<std::set<ItemName>> items_in(const FoundCell& found, const task::Stage& stage) {
  task::Settings settings;
  settings.limit = found.plan.accuracy_settings.limit;
  settings.seed = found.plan.seed;
  settings.stage = stage;
  settings.num_fewshot = 0;  // examples do not change which rows are taken
  std::set<ItemName> names;
  for (const task::Task& leaf : found.task().selection.leaves) {
    TRY_ASSIGN(const auto prompter, evaluate::Prompter::make(leaf, settings));
    for (const std::int64_t doc_id : prompter.selected()) names.emplace(leaf.name, doc_id);
  }
  return names;
}

// How many items a batch of this task has at most (evaluate/ask.cpp).
std::int64_t most_in_batch(const task::Task& task, int batch_size) {
  switch (task.output_type) {
    case task::OutputType::multiple_choice:
    case task::OutputType::loglikelihood:
      return 16 * std::int64_t{batch_size};
    case task::OutputType::generate_until:
      return 4 * std::int64_t{batch_size};
    case task::OutputType::loglikelihood_rolling:
      break;
  }
  return batch_size;
}

}  // namespace

CellAsker::CellAsker(const Record& record, const std::vector<Item>& items, FoundCell& found,
                     job::Interrupts& interrupts, Asked& asked)
    : record_(record),
      found_(found),
      interrupts_(interrupts),
      asked_(asked),
      is_imported_(record::is_imported(record)) {
  for (const Item& item : items) stored_.emplace(ItemName{item.task, item.doc_id}, &item);
}

Status CellAsker::check_items() {
  std::set<ItemName> wanted;
  const auto adaptive = record::adaptive(record_);
  for (const task::Stage& stage : stages_of(found_)) {
    TRY_ASSIGN(const auto names, items_in(found_, stage));
    const bool was_stopped = adaptive && adaptive->n_used && std::ssize(wanted) >= *adaptive->n_used;
    if (!was_stopped) wanted.insert(names.begin(), names.end());
    by_stage_.emplace_back(stage, names);
  }
  // Other tools choose other items.
  if (!is_imported_) compare_names(wanted);
  return {};
}

Status CellAsker::score_again() {
  if (is_imported_) return {};
  std::vector<std::string> of_other_rows, without_answer;
  for (const task::Task& leaf : found_.task().selection.leaves) {
    TRY_ASSIGN(const Replay replay, Replay::make(leaf));
    for (const auto& [name, item] : stored_) {
      if (name.first != leaf.name) continue;
      if (interrupts_.stopped()) return base::fail(base::ErrorKind::interrupted, "stopped");
      TRY_ASSIGN(const bool is_of_other_row, replay.is_of_other_row(*item));
      if (is_of_other_row) {
        of_other_rows.push_back(item_name(name));
        continue;
      }
      TRY_ASSIGN(const auto wrong, replay.wrong_scores(*item));
      if (!wrong) {
        // Scores that nothing stands behind; of a hash, asking tells.
        if (!item->metrics.empty() && !bundle::is_hashed_content(item->content))
          without_answer.push_back(item_name(name));
        continue;
      }
      ++asked_.scored_again;
      note_wrong(name, *wrong);
    }
  }
  note_names(of_other_rows, "items of other rows of the data, or with other right answers, than here");
  if (!without_answer.empty())
    asked_.incomparable.push_back(
        fmt::format("items whose scores do not follow from what is stored: {}, the first is {}",
                    without_answer.size(), without_answer.front()));
  return {};
}

void CellAsker::estimate() {
  const int batch_size = found_.plan.accuracy_settings.batch_size;
  std::map<std::string, std::int64_t> drawn;
  for (const ItemName& name : asked_.drawn) ++drawn[name.first];
  for (const task::Task& leaf : found_.task().selection.leaves) {
    const auto here =
        std::ranges::count_if(stored_, [&leaf](const auto& entry) { return entry.first.first == leaf.name; });
    asked_.most_items += std::min<std::int64_t>(here, drawn[leaf.name] * most_in_batch(leaf, batch_size));
  }
  asked_.steps = steps_before(found_);
  run::CellOutlook outlook;
  outlook.items_done = found_.task().items - asked_.most_items;
  const auto scoring = record::scoring(record_);
  if (scoring && !stored_.empty() && scoring->seconds > 0.0)
    outlook.rates.item_s = scoring->seconds / static_cast<double>(stored_.size());
  asked_.most_s = run::estimate_accuracy_s(found_.plan, found_.inputs, found_.cell, outlook);
}

Status CellAsker::ask(plan::EngineSettings engine, const run::Machine& machine,
                      const std::function<void(const run::Progress&)>& on_progress) {
  engine_ = std::move(engine);
  here_.machine = machine.device_identity;
  here_.engine = machine.engine;
  const auto& accuracy = found_.plan.accuracy_settings;
  const auto& file = found_.cell.artifact.path;
  if (accuracy.apply_chat_template) TRY(run::check_chat_template(file, accuracy, &interrupts_));
  for (const auto& [stage, names] : by_stage_) TRY(ask_stage(stage, names, on_progress));
  judge();
  return {};
}

// A share of right answers can be had by taking wrong ones out.
void CellAsker::compare_names(const std::set<ItemName>& wanted) {
  std::vector<std::string> missing;
  std::vector<std::string> more;
  for (const ItemName& name : wanted) {
    if (!stored_.contains(name)) missing.push_back(item_name(name));
  }
  for (const auto& [name, item] : stored_) {
    if (!wanted.contains(name)) more.push_back(item_name(name));
  }
  note_names(missing, "items that its settings ask for and that are missing");
  note_names(more, "items that its settings do not ask for");
}

void CellAsker::note_names(const std::vector<std::string>& names, std::string_view what) {
  if (names.empty()) return;
  std::string text = fmt::format("{}: {}, the first is {}", what, names.size(), names.front());
  (found_.same_inputs ? wrong_ : asked_.incomparable).push_back(std::move(text));
}

void CellAsker::note_wrong(const ItemName& name, const std::vector<std::string>& what) {
  for (const std::string& text : what) wrong_.push_back(fmt::format("{}: {}", item_name(name), text));
}

Status CellAsker::ask_stage(const task::Stage& stage, const std::set<ItemName>& names,
                            const std::function<void(const run::Progress&)>& on_progress) {
  record::DoneItems done = names;
  for (const ItemName& name : asked_.drawn) done.erase(name);
  if (done.size() == names.size()) return {};
  job::AccuracyJob job = run::questions_of(found_.plan, found_.task().selection);
  job.model = run::opened_file(found_.source(), found_.cell.artifact);
  job.engine = engine_;
  job.stage = stage;
  job.done = std::move(done);
  job.keep_gaps = true;
  job::WorkerOptions options;
  options.hang_timeout_s = found_.plan.hang_timeout_s;
  options.kill_on_interrupt = true;
  run::Progress progress{"loading", 0, 0, {}, ""};
  on_progress(progress);
  TRY_ASSIGN(const job::ItemsAnswer answer,
             job::run_worker(job, options, &interrupts_, [&](const job::Message& message) -> Status {
               if (const auto* opened = std::get_if<job::EngineOpened>(&message))
                 here_.engine.update(opened->facts);
               if (const auto* begun = std::get_if<job::TaskBegun>(&message))
                 progress = {begun->name, 0, 0, {}, "items"};
               if (const auto* items = std::get_if<job::ItemsDone>(&message)) {
                 progress.done += std::ssize(items->items);
                 for (const Item& item : items->items) answers_.push_back(item);
               }
               on_progress(progress);
               return {};
             }));
  if (answer.scoring) here_.scoring = answer.scoring;
  return {};
}

void CellAsker::judge() {
  Record here;
  here.engine = here_.engine;
  here_.devices = record::engine_facts(here).devices;
  const Likeness alike = likeness(asking_of(record_), here_);
  asked_.where = alike.place;
  asked_.differences = alike.differences;
  std::set<ItemName> seen;
  for (const Item& item : answers_) {
    const ItemName name{item.task, item.doc_id};
    const auto stored = stored_.find(name);
    if (!seen.insert(name).second || stored == stored_.end()) continue;
    judge(name, compare(*stored->second, item, asked_.where, found_.same_inputs));
  }
  for (const ItemName& name : asked_.drawn) {
    if (!seen.contains(name))
      asked_.incomparable.push_back(item_name(name) + ": its settings do not ask for it");
  }
  for (std::string& text : one_sided(flips_)) wrong_.push_back(std::move(text));
}

void CellAsker::judge(const ItemName& name, const Comparison& compared) {
  if (compared.incomparable) {
    asked_.incomparable.push_back(fmt::format("{}: {}", item_name(name), *compared.incomparable));
    return;
  }
  ++asked_.compared;
  if (compared.is_same) ++asked_.same;
  if (compared.largest_difference)
    asked_.largest_difference =
        std::max(asked_.largest_difference.value_or(0.0), *compared.largest_difference);
  note_wrong(name, compared.wrong);
  for (const std::string& key : compared.lost) ++flips_[key].lost;
  for (const std::string& key : compared.gained) ++flips_[key].gained;
  if (compared.other_text && compared.other_scores.empty() && compared.wrong.empty()) ++asked_.other_texts;
  for (const std::string& text : compared.other_scores)
    asked_.other_scores.push_back(
        fmt::format("{}: {}{}", item_name(name), text,
                    compared.other_text ? fmt::format("; {}", *compared.other_text) : ""));
}

}  // namespace bantam::reask
