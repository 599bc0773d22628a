#include "run/cell_run.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "base/clock.hpp"
#include "gguf/model_info.hpp"
#include "job/job.hpp"
#include "job/process.hpp"
#include "measure/memory.hpp"
#include "plan/precision.hpp"
#include "run/cell.hpp"
#include "run/cell_listener.hpp"
#include "run/compare_answers.hpp"
#include "run/questions.hpp"
#include "run/summaries.hpp"

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

// Which kernels may be used for this file; a failure when none works.
std::optional<base::Error> choose_kernels(const CellRun& run, const gguf::ModelInfo& info,
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

Json job_of(const CellRun& run, const CellFiles& files, const plan::EngineSettings& engine,
            const task::Stage& stage, job::DoneItems done) {
  const std::string& task = run.cell.cell.task;
  engine::ModelFile model = file_of(run, files.model);
  if (task == plan::kPerformanceTask) {
    return to_json(job::PerformanceJob{std::move(model), engine, run.plan.performance_settings});
  }
  if (task == plan::kFidelityTask) {
    job::FidelityJob job{std::move(model), {}, engine, run.plan.fidelity_settings, embedded_name(run.source),
                         std::move(done)};
    if (files.base) job.base = file_of(run, *files.base);
    return to_json(job);
  }
  if (task == plan::kSimilarityTask) {
    job::SimilarityJob job{std::move(model), {}, engine, run.plan.similarity_settings, {}, std::move(done)};
    if (files.base) job.base = file_of(run, *files.base);
    if (run.embedder) job.embedding_model = engine::ModelFile(run.embedder->path);
    return to_json(job);
  }
  return to_json(job::AccuracyJob{std::move(model), engine, run.plan.accuracy_settings, task, run.plan.seed,
                                  std::move(done), 0, stage});
}

// What scoring cost, over the parts of this sitting; items of interrupted runs are not in it.
void add_scoring(const Json& scoring, Record& record) {
  if (scoring.empty()) return;
  Json& all = record.engine["scoring"];
  const Json before = all.is_object() ? all : Json::object();
  all = scoring;
  for (const char* key : {"computed_tokens", "distinct_tokens", "check_tokens", "output_rows", "seconds"}) {
    if (before.contains(key) && scoring.contains(key)) {
      all[key] = before[key].is_number_integer()
                     ? Json(before[key].get<std::int64_t>() + scoring[key].get<std::int64_t>())
                     : Json(before[key].get<double>() + scoring[key].get<double>());
    }
  }
  if (const auto why = base::string_at(scoring, "why_unshared");
      why && scoring.contains("largest_sharing_difference")) {
    record.warnings.push_back(fmt::format("prefixes are not shared: {}", *why));
  }
  if (const auto why = base::string_at(scoring, "why_engine_kernels")) {
    record.warnings.push_back(fmt::format("scored with the engine's kernels: {}", *why));
  }
}

// A chat template that must not reach the worker that holds the model.
Ended try_chat_template(const CellRun& run, const CellFiles& files) {
  const std::string& task = run.cell.cell.task;
  const plan::AccuracySettings& accuracy = run.plan.accuracy_settings;
  if (!plan::is_accuracy_task(task) || !accuracy.apply_chat_template) return {};
  const auto tried = check_chat_template(files.model.path, accuracy.chat_template, &run.interrupts);
  if (tried) return {};
  if (tried.error().kind == base::ErrorKind::interrupted) return Ended{true, std::nullopt, {}};
  return Ended{false, tried.error(), {}};
}

void keep_first_of_equals(std::vector<std::string>& lines) {
  std::set<std::string> seen;
  std::erase_if(lines, [&seen](const std::string& line) { return !seen.insert(line).second; });
}

}  // namespace

Result<OpenCell> OpenCell::begin(const CellRun& run) {
  Record record = header_of(run);
  TRY_ASSIGN(record.attempt, run.store.begin_attempt(record));
  return OpenCell(run, std::move(record));
}

OpenCell::OpenCell(const CellRun& run, Record record)
    : run_(&run),
      record_(std::move(record)),
      files_{run.cell.artifact, run.cell.base},
      engine_(run.plan.engine) {}

Ended OpenCell::prepare() {
  Ended ended = make_files(*run_, files_);
  if (ended.interrupted || ended.error) return ended;
  const auto info = gguf::inspect(files_.model.path);
  if (!info) return {false, info.error(), {}};
  info_ = *info;
  record_.model_info = model::to_json(files_.model, run_->source, info_);
  if (auto unusable = choose_kernels(*run_, info_, engine_, record_)) return {false, unusable, {}};
  if (files_.base) {
    const auto base_info = gguf::inspect(files_.base->path);
    if (!base_info) return {false, base_info.error(), {}};
    if (auto unusable = choose_kernels(*run_, *base_info, engine_, record_)) return {false, unusable, {}};
    record_.task_info["base"] = {{"precision", run_->plan.base_precision}, {"sha256", files_.base->sha256}};
  }
  if (run_->embedder && run_->cell.cell.task == plan::kSimilarityTask) {
    record_.task_info["embedding_model"] = {{"reference", run_->embedder->reference.text},
                                            {"sha256", run_->embedder->sha256}};
  }
  ended = try_chat_template(*run_, files_);
  identities_ = identities_of(*run_, files_);
  return ended;
}

Result<Ended> OpenCell::work(const CellPart& part) {
  TRY_ASSIGN(auto done, run_->store.done_items(record_.cell_key));
  CellListener listener(*run_, record_.attempt, static_cast<std::int64_t>(done.size()), part.items_before,
                        record_);
  measure::PrivateMemorySampler sampler;
  job::WorkerOptions options;
  options.on_interrupt = [this] {
    run_->observer.on_notice("finishing the item at work; Ctrl-C again stops at once");
  };
  options.hang_timeout_s = run_->plan.hang_timeout_s;
  run_->observer.on_progress({"loading", 0, 0, 0, ""});
  job::WorkerEnd end = job::run_worker(
      job_of(*run_, files_, engine_, part.stage, std::move(done)), options, &run_->interrupts,
      [&listener](const Json& message) { return listener.take(message); },
      [&sampler](pid_t pid) {
        static_cast<void>(sampler.start(pid));
      });  // without samples the peak is absent
  memory_ = sampler.stop();
  Ended ended = ended_by(end);
  if (ended.error && ended.error->kind == base::ErrorKind::storage) return tl::unexpected(*ended.error);
  if (ended.interrupted || ended.error) return ended;
  if (identities_of(*run_, files_) != identities_) {
    TRY(run_->store.drop_items(record_.cell_key));  // nobody knows which content gave which of them
    return Ended{false,
                 base::Error{base::ErrorKind::integrity,
                             fmt::format("{} changed while it was in use", files_.model.path.string()),
                             "run it again"},
                 {}};
  }
  result_ = *std::move(end.result);
  add_scoring(base::child_at(result_, "scoring"), record_);
  return ended;
}

Result<Ended> OpenCell::compare() {
  return compare_answers(*run_, record_);
}

Status OpenCell::summarize() {
  const std::string& task = run_->cell.cell.task;
  if (task == plan::kPerformanceTask) return summarize_performance(*run_, result_, memory_, info_, record_);
  if (plan::compares_with_base(task)) return summarize_damage(*run_, info_, record_);
  return summarize_accuracy(*run_, record_);
}

Result<Record> OpenCell::finish() {
  keep_first_of_equals(record_.warnings);
  record_.finished_at = base::utc_timestamp();
  TRY(run_->store.finish(record_));
  return record_;
}

Result<Record> OpenCell::fail(const Ended& ended) {
  record_.outcome = Outcome::failed;
  std::string message = ended.error->message;
  if (!ended.error->hint.empty()) message += fmt::format(" ({})", ended.error->hint);
  record_.failure =
      record::Failure{std::string(base::name(ended.error->kind)), std::move(message), ended.signal};
  return finish();
}

Result<Record> OpenCell::skip(const std::string& reason) {
  record_.outcome = Outcome::skipped;
  record_.reasons = {reason};
  return finish();
}

Result<std::optional<Record>> run_cell(const CellRun& run) {
  TRY_ASSIGN(OpenCell cell, OpenCell::begin(run));
  if (run.cell.skip_reason) return cell.skip(*run.cell.skip_reason);
  Ended ended = cell.prepare();
  if (!ended.interrupted && !ended.error) {
    TRY_ASSIGN(ended, cell.work());
  }
  if (!ended.interrupted && !ended.error) {
    TRY_ASSIGN(ended, cell.compare());
  }
  if (ended.interrupted) return std::nullopt;
  if (ended.error) return cell.fail(ended);
  TRY(cell.summarize());
  return cell.finish();
}

}  // namespace bantam::run
