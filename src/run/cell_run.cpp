#include "run/cell_run.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>

#include "base/clock.hpp"
#include "measure/private_memory.hpp"
#include "model/gguf.hpp"
#include "plan/precision.hpp"
#include "run/job.hpp"
#include "run/summaries.hpp"
#include "run/worker_process.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;
using record::Outcome;
using record::Record;

Record header_of(const CellRun& run) {
  Record record;
  record.cell_key = run.cell.key;
  record.model = run.cell.cell.model.name;
  record.reference = run.cell.cell.model.reference;
  record.precision = run.cell.cell.precision;
  record.task = run.cell.cell.task;
  record.started_at = base::utc_timestamp();
  record.settings = run.cell.settings;
  record.device = run.machine.device;
  record.engine = run.machine.engine;
  return record;
}

void set_failure(Record& record, const base::Error& error,
                 const std::optional<std::string>& signal = std::nullopt) {
  record.outcome = Outcome::failed;
  std::string message = error.message;
  if (!error.hint.empty()) message += fmt::format(" ({})", error.hint);
  record.failure = record::Failure{std::string(base::name(error.kind)), std::move(message), signal};
}

Result<std::optional<Record>> finish(const CellRun& run, Record record) {
  record.finished_at = base::utc_timestamp();
  TRY(run.store.finish(record));
  return record;
}

// How a worker's job for this cell ended before it gave a result.
struct Ended {
  bool interrupted = false;
  std::optional<base::Error> error;
  std::optional<std::string> signal;
};

Ended ended_by(const WorkerEnd& end) {
  if (end.stopped && !end.result) return {true, std::nullopt, std::nullopt};
  return {false, end.error, end.signal};
}

// Makes the cell's file in a worker when it is not in the cache: an earlier cell may have made it since the
// plan.
Ended make_file(const CellRun& run, model::Artifact& artifact) {
  if (artifact.ready) return {};
  if (auto now = model::plan_artifact(run.source, *plan::parse_precision(run.cell.cell.precision),
                                      artifact.quantizer);
      now && now->ready) {
    artifact = *std::move(now);
    return {};
  }
  run.observer.on_progress({fmt::format("making {}", artifact.file_type), 0, 0, 0, ""});
  WorkerOptions options;
  options.hang_timeout_s = run.plan.hang_timeout_s;
  options.busy_is_alive = true;
  options.kill_on_interrupt = true;
  const int threads = run.plan.engine.threads.value_or(run.machine.physical_cores);
  const Json job =
      to_json(QuantizeJob{run.source.reference.text, run.cell.cell.precision, threads, run.source.merge});
  const auto ignore = [](const Json&) -> Status { return {}; };
  const WorkerEnd end = run_worker(job, options, &run.interrupts, ignore);
  Ended ended = ended_by(end);
  if (!end.result) return ended;
  artifact.ready = true;
  artifact.made = true;
  artifact.sha256 = base::string_at(*end.result, "sha256").value_or("");
  return ended;
}

engine::ModelFile file_of(const CellRun& run, const model::Artifact& artifact) {
  engine::ModelFile file(artifact.path);
  if (const auto& adapter = run.source.adapter; adapter && !run.source.merge) {
    file.adapter = engine::Adapter{adapter->path, adapter->scale};
  }
  return file;
}

// What changes when a file is replaced or written to; zeros when it is gone.
std::array<std::int64_t, 4> identity_of(const std::filesystem::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return {static_cast<std::int64_t>(facts.st_ino), facts.st_size, facts.st_mtim.tv_sec,
          facts.st_mtim.tv_nsec};
}

// Of the files that a cell's worker has open: the model, and the adapter where one is applied.
std::array<std::array<std::int64_t, 4>, 2> identities_of(const CellRun& run,
                                                         const model::Artifact& artifact) {
  const auto file = file_of(run, artifact);
  return {identity_of(file.gguf), file.adapter ? identity_of(file.adapter->path) : identity_of({})};
}

// Takes in what the worker of one cell sends.
class Listener {
 public:
  Listener(const CellRun& run, std::int64_t attempt, std::int64_t reused_items, Record& record)
      : run_(run), attempt_(attempt), record_(record) {
    progress_.done = progress_.reused = reused_items;
  }

  Status take(const Json& message) {
    const std::string type = base::string_at(message, "type").value_or("");
    if (type == message::kTrial) return take_trial(message);
    if (type == message::kItems) return take_items(message);
    if (type == message::kEngine) record_.engine.update(base::child_at(message, "properties"));
    if (type == message::kWarning) record_.warnings.push_back(base::string_at(message, "text").value_or(""));
    if (type == message::kScenarioEnd)
      record_.task_info["scenarios"].push_back(base::child_at(message, "text"));
    if (type == message::kTask) take_task(message);
    if (type == message::kPhase) take_phase(message);
    return {};
  }

 private:
  Status take_trial(const Json& message) {
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

  Status take_items(const Json& message) {
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

  void take_task(const Json& message) {
    progress_.phase = base::string_at(message, "name").value_or("");
    progress_.unit = "items";
    progress_.total += base::integer_at(message, "total").value_or(0);
    run_.observer.on_progress(progress_);
  }

  void take_phase(const Json& message) {
    Progress phase = progress_;
    phase.phase = base::string_at(message, "name").value_or("");
    run_.observer.on_progress(phase);
  }

  const CellRun& run_;
  std::int64_t attempt_;
  Record& record_;
  Progress progress_;
};

// Which kernels may be used for this file; a failure when none works.
std::optional<base::Error> choose_kernels(const CellRun& run, const model::ModelInfo& info,
                                          plan::EngineSettings& engine, Record& record) {
  const auto choice = run.kernels.choose(info.tensor_types);
  if (!choice.usable) {
    return base::Error{
        base::ErrorKind::environment,
        fmt::format("no kernel of the engine works on this CPU: {}", fmt::join(choice.reasons, "; ")),
        "choose another precision"};
  }
  if (!choice.repack && engine.repack) {
    engine.repack = false;
    record.warnings.push_back(
        fmt::format("fast kernels are off, the self-test found: {}", fmt::join(choice.reasons, "; ")));
    record.engine["kernel_fallback"] = choice.reasons;
  }
  return std::nullopt;
}

Json job_of(const CellRun& run, const model::Artifact& artifact, const plan::EngineSettings& engine,
            std::set<store::ItemName> done) {
  if (run.cell.cell.task == plan::kPerformanceTask) {
    return to_json(PerformanceJob{file_of(run, artifact), engine, run.plan.performance_settings});
  }
  return to_json(AccuracyJob{file_of(run, artifact), engine, run.plan.accuracy_settings, run.cell.cell.task,
                             run.plan.seed, std::move(done)});
}

// The worker's part of the cell: fills the record, except for the metrics.
Result<WorkerEnd> work(const CellRun& run, const model::Artifact& artifact,
                       const plan::EngineSettings& engine, std::int64_t attempt, Record& record,
                       measure::PrivateMemory& memory) {
  TRY_ASSIGN(auto done, run.store.done_items(record.cell_key));
  Listener listener(run, attempt, static_cast<std::int64_t>(done.size()), record);
  measure::PrivateMemorySampler sampler;
  WorkerOptions options;
  options.on_interrupt = [&run] {
    run.observer.on_notice("finishing the item at work; Ctrl-C again stops at once");
  };
  options.hang_timeout_s = run.plan.hang_timeout_s;
  run.observer.on_progress({"loading", 0, 0, 0, ""});
  WorkerEnd end = run_worker(
      job_of(run, artifact, engine, std::move(done)), options, &run.interrupts,
      [&listener](const Json& message) { return listener.take(message); },
      [&sampler](pid_t pid) {
        static_cast<void>(sampler.start(pid));
      });  // without samples the peak is absent
  memory = sampler.stop();
  return end;
}

}  // namespace

Result<std::optional<Record>> run_cell(const CellRun& run) {
  Record record = header_of(run);
  TRY_ASSIGN(record.attempt, run.store.begin_attempt(record));
  if (run.cell.skip_reason) {
    record.outcome = Outcome::skipped;
    record.reasons = {*run.cell.skip_reason};
    return finish(run, std::move(record));
  }
  model::Artifact artifact = run.cell.artifact;
  if (const Ended made = make_file(run, artifact); made.interrupted) {
    return std::nullopt;
  } else if (made.error) {
    set_failure(record, *made.error, made.signal);
    return finish(run, std::move(record));
  }
  const auto info = model::inspect(artifact.path);
  if (!info) {
    set_failure(record, info.error());
    return finish(run, std::move(record));
  }
  record.model_info = model::to_json(artifact, run.source, *info);
  plan::EngineSettings engine = run.plan.engine;
  if (const auto unusable = choose_kernels(run, *info, engine, record)) {
    set_failure(record, *unusable);
    return finish(run, std::move(record));
  }

  const auto identity = identities_of(run, artifact);
  measure::PrivateMemory memory;
  TRY_ASSIGN(const WorkerEnd end, work(run, artifact, engine, record.attempt, record, memory));
  if (const Ended ended = ended_by(end); ended.interrupted) {
    return std::nullopt;
  } else if (ended.error) {
    if (ended.error->kind == base::ErrorKind::storage) return tl::unexpected(*ended.error);
    set_failure(record, *ended.error, ended.signal);
    return finish(run, std::move(record));
  }
  if (identities_of(run, artifact) != identity) {
    TRY(run.store.drop_items(record.cell_key));  // nobody knows which content gave which of them
    set_failure(record,
                {base::ErrorKind::integrity,
                 fmt::format("{} changed while it was in use", artifact.path.string()), "run it again"});
    return finish(run, std::move(record));
  }
  const bool performance = run.cell.cell.task == plan::kPerformanceTask;
  TRY(performance ? summarize_performance(run, *end.result, memory, *info, record)
                  : summarize_accuracy(run, record));
  return finish(run, std::move(record));
}

}  // namespace bantam::run
