#include "run/cell_run.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "measure/private_memory.hpp"
#include "model/gguf.hpp"
#include "plan/precision.hpp"
#include "run/cell_files.hpp"
#include "run/cell_listener.hpp"
#include "run/compare_answers.hpp"
#include "run/job.hpp"
#include "run/summaries.hpp"
#include "run/worker_process.hpp"
#include "run/worker_template.hpp"

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

Json job_of(const CellRun& run, const CellFiles& files, const plan::EngineSettings& engine, DoneItems done) {
  const std::string& task = run.cell.cell.task;
  engine::ModelFile model = file_of(run, files.model);
  if (task == plan::kPerformanceTask) {
    return to_json(PerformanceJob{std::move(model), engine, run.plan.performance_settings});
  }
  if (task == plan::kFidelityTask) {
    FidelityJob job{std::move(model), {}, engine, run.plan.fidelity_settings, embedded_name(run.source),
                    std::move(done)};
    if (files.base) job.base = file_of(run, *files.base);
    return to_json(job);
  }
  if (task == plan::kSimilarityTask) {
    SimilarityJob job{std::move(model), {}, engine, run.plan.similarity_settings, {}, std::move(done)};
    if (files.base) job.base = file_of(run, *files.base);
    if (run.embedder) job.embedding_model = engine::ModelFile(run.embedder->path);
    return to_json(job);
  }
  return to_json(AccuracyJob{std::move(model), engine, run.plan.accuracy_settings, task, run.plan.seed,
                             std::move(done)});
}

// The worker's part of the cell: fills the record, except for the metrics.
Result<WorkerEnd> work(const CellRun& run, const CellFiles& files, const plan::EngineSettings& engine,
                       Record& record, measure::PrivateMemory& memory) {
  TRY_ASSIGN(auto done, run.store.done_items(record.cell_key));
  CellListener listener(run, record.attempt, static_cast<std::int64_t>(done.size()), record);
  measure::PrivateMemorySampler sampler;
  WorkerOptions options;
  options.on_interrupt = [&run] {
    run.observer.on_notice("finishing the item at work; Ctrl-C again stops at once");
  };
  options.hang_timeout_s = run.plan.hang_timeout_s;
  run.observer.on_progress({"loading", 0, 0, 0, ""});
  WorkerEnd end = run_worker(
      job_of(run, files, engine, std::move(done)), options, &run.interrupts,
      [&listener](const Json& message) { return listener.take(message); },
      [&sampler](pid_t pid) {
        static_cast<void>(sampler.start(pid));
      });  // without samples the peak is absent
  memory = sampler.stop();
  return end;
}

Status summarize(const CellRun& run, const Json& result, const measure::PrivateMemory& memory,
                 const model::ModelInfo& info, Record& record) {
  const std::string& task = run.cell.cell.task;
  if (task == plan::kPerformanceTask) return summarize_performance(run, result, memory, info, record);
  if (plan::compares_with_base(task)) return summarize_damage(run, info, record);
  // What scoring cost in the run that finished the cell; items of interrupted runs are not in it.
  if (const Json& scoring = base::child_at(result, "scoring"); !scoring.empty()) {
    record.engine["scoring"] = scoring;
    if (const auto why = base::string_at(scoring, "why_unshared");
        why && scoring.contains("largest_sharing_difference")) {
      record.warnings.push_back(fmt::format("prefixes are not shared: {}", *why));
    }
  }
  return summarize_accuracy(run, record);
}

// A chat template that must not reach the worker that holds the model.
std::optional<Ended> try_chat_template(const CellRun& run, const CellFiles& files) {
  const std::string& task = run.cell.cell.task;
  const plan::AccuracySettings& accuracy = run.plan.accuracy_settings;
  if (!plan::is_accuracy_task(task) || !accuracy.apply_chat_template) return std::nullopt;
  const auto tried = check_chat_template(files.model.path, accuracy.chat_template, &run.interrupts);
  if (tried) return std::nullopt;
  if (tried.error().kind == base::ErrorKind::interrupted) return Ended{true, std::nullopt, {}};
  return Ended{false, tried.error(), {}};
}

// Runs the cell on its files and fills the record. Errors are the store's.
Result<Ended> measure_cell(const CellRun& run, const CellFiles& files, Record& record) {
  const auto info = model::inspect(files.model.path);
  if (!info) return Ended{false, info.error(), {}};
  record.model_info = model::to_json(files.model, run.source, *info);
  plan::EngineSettings engine = run.plan.engine;
  if (auto unusable = choose_kernels(run, *info, engine, record)) return Ended{false, unusable, {}};
  if (files.base) {
    const auto base_info = model::inspect(files.base->path);
    if (!base_info) return Ended{false, base_info.error(), {}};
    if (auto unusable = choose_kernels(run, *base_info, engine, record)) return Ended{false, unusable, {}};
    record.task_info["base"] = {{"precision", run.plan.base_precision}, {"sha256", files.base->sha256}};
  }
  if (run.embedder && run.cell.cell.task == plan::kSimilarityTask) {
    record.task_info["embedding_model"] = {{"reference", run.embedder->reference.text},
                                           {"sha256", run.embedder->sha256}};
  }

  if (auto unusable = try_chat_template(run, files)) return *unusable;
  const auto identities = identities_of(run, files);
  measure::PrivateMemory memory;
  TRY_ASSIGN(const WorkerEnd end, work(run, files, engine, record, memory));
  Ended ended = ended_by(end);
  if (ended.error && ended.error->kind == base::ErrorKind::storage) return tl::unexpected(*ended.error);
  if (ended.interrupted || ended.error) return ended;
  if (identities_of(run, files) != identities) {
    TRY(run.store.drop_items(record.cell_key));  // nobody knows which content gave which of them
    return Ended{
        false,
        base::Error{base::ErrorKind::integrity,
                    fmt::format("{} changed while it was in use", files.model.path.string()), "run it again"},
        {}};
  }
  TRY_ASSIGN(ended, compare_answers(run, record));
  if (ended.interrupted || ended.error) return ended;
  TRY(summarize(run, *end.result, memory, *info, record));
  return ended;
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
  CellFiles files{run.cell.artifact, run.cell.base};
  Ended ended = make_files(run, files);
  if (!ended.interrupted && !ended.error) {
    TRY_ASSIGN(ended, measure_cell(run, files, record));
  }
  if (ended.interrupted) return std::nullopt;
  if (ended.error) set_failure(record, *ended.error, ended.signal);
  return finish(run, std::move(record));
}

}  // namespace bantam::run
