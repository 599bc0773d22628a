#include "run/cell_listener.hpp"

#include <vector>

#include "job/job.hpp"

namespace bantam::run {

using base::Json;
using base::Status;

CellListener::CellListener(const CellRun& run, std::int64_t attempt, std::int64_t reused_items,
                           std::int64_t items_before, record::Record& record)
    : run_(run), attempt_(attempt), record_(record) {
  progress_.done = progress_.reused = reused_items;
  progress_.total = items_before;
}

Status CellListener::take(const Json& message) {
  const std::string type = base::string_at(message, "type").value_or("");
  if (type == job::message::kTrial) return take_trial(message);
  if (type == job::message::kItems) return take_items(message);
  if (type == job::message::kEngine) record_.engine.update(base::child_at(message, "properties"));
  if (type == job::message::kWarning)
    record_.warnings.push_back(base::string_at(message, "text").value_or(""));
  if (type == job::message::kScenarioEnd)
    record_.task_info["scenarios"].push_back(base::child_at(message, "text"));
  if (type == job::message::kTask) take_task(message);
  if (type == job::message::kPhase) take_phase(message);
  return {};
}

Status CellListener::take_trial(const Json& message) {
  TRY_ASSIGN(const record::Trial trial, record::trial_from(base::child_at(message, "trial")));
  TRY(run_.store.append_trial(record_.cell_key, attempt_, trial));
  const std::string phase = trial.scenario + (trial.warmup ? " warm-up" : "");
  if (phase != progress_.phase) progress_ = {phase, 0, 0, 0, "runs"};
  ++progress_.done;
  const auto& forced = run_.plan.performance_settings.num_runs;
  progress_.total = trial.warmup ? 0 : forced.value_or(0);
  run_.observer.on_progress(progress_);
  return {};
}

Status CellListener::take_items(const Json& message) {
  std::vector<record::Item> items;
  for (const Json& json : base::child_at(message, "items")) {
    TRY_ASSIGN(record::Item item, record::item_from(json));
    items.push_back(std::move(item));
  }
  TRY(run_.store.append_items(record_.cell_key, items));
  progress_.done += base::integer_at(message, "fresh").value_or(static_cast<std::int64_t>(items.size()));
  run_.observer.on_progress(progress_);
  return {};
}

void CellListener::take_task(const Json& message) {
  progress_.phase = base::string_at(message, "name").value_or("");
  progress_.unit = "items";
  progress_.total += base::integer_at(message, "total").value_or(0);
  run_.observer.on_progress(progress_);
}

void CellListener::take_phase(const Json& message) {
  Progress phase = progress_;
  phase.phase = base::string_at(message, "name").value_or("");
  run_.observer.on_progress(phase);
}

}  // namespace bantam::run
