#include "run/open_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "job/jobs.hpp"
#include "job/out_of_memory.hpp"
#include "job/process.hpp"
#include "measure/block.hpp"
#include "measure/memory.hpp"
#include "measure/memory_line.hpp"
#include "measure/sustained.hpp"
#include "measure/validity.hpp"
#include "model/artifact.hpp"
#include "record/sections.hpp"
#include "run/machine.hpp"
#include "run/power_trace.hpp"
#include "run/program.hpp"
#include "run/served.hpp"
#include "run/stored_rounds.hpp"

namespace bantam::run {
namespace {

using base::Result;
using base::Status;
using record::Outcome;
using record::Record;

Record new_record(const CellContext& context) {
  Record record;
  record.cell_key = context.cell.key;
  record.model = context.cell.cell.model.name;
  record.reference = context.cell.cell.model.reference;
  record.precision = context.cell.cell.precision;
  record.task = context.cell.cell.task;
  record.point = context.cell.cell.point.label;
  for (const auto& [setting, value] : context.cell.cell.point.engine.items()) record.swept.push_back(setting);
  record.started_at = base::utc_timestamp();
  record.settings = context.cell.settings;
  record.device = context.machine.device;
  record.engine = context.is_served()       ? served_engine(*context.inputs.server)
                  : context.is_in_program() ? program_engine(*context.inputs.program)
                                            : context.machine.engine;
  return record;
}

// Which kernels may be used for this file; a failure when none works.
Status choose_kernels(const CellContext& context, const gguf::ModelInfo& info, plan::EngineSettings& engine,
                      Record& record) {
  const auto choice = context.kernels.choose(info.tensor_types);
  if (!choice.usable) {
    return base::fail(
        base::ErrorKind::environment,
        fmt::format("no kernel of the engine works on this CPU: {}", fmt::join(choice.reasons, "; ")),
        "choose another precision");
  }
  if (!choice.repack && engine.repack) {
    engine.repack = false;
    record.warnings.push_back(
        fmt::format("fast kernels are off, the self-test found: {}", fmt::join(choice.reasons, "; ")));
    record::set_kernel_fallback(record, choice.reasons);
  }
  return {};
}

constexpr const char* kRuns = "runs";

// Takes in what the worker sends: trials and items into the store, facts into the record, progress to whoever
// watches.
class Listener {
 public:
  // `reused_items` are in the store already; Part::items_before of them belong to parts of the cell that the
  // worker does not count.
  Listener(const CellContext& context, std::int64_t reused_items, const Part& part, Record& record)
      : context_(context), record_(record) {
    block_.round = part.round.value_or(0);
    const std::int64_t items_before = part.items_before;
    in_rounds_ = part.round.has_value();
    progress_.done = progress_.reused = reused_items;
    if (items_before > 0) progress_.total = items_before;
  }

  // The errors of the store.
  Status take(const job::Message& message) {
    return std::visit([this](const auto& one) { return take_one(one); }, message);
  }

  // What was told of a block; its trials are in the store.
  const record::Block& block() const { return block_; }
  // What the worker did in it.
  const std::vector<record::MemoryPhase>& phases() const { return phases_; }

  // When items were scored that were not before.
  const Answering& answering() const { return answering_; }

  void worker_starts() { worker_start_ns_ = clock_.now_ns(); }

  // Nothing is shown while the worker times something.
  void tick() const {
    if (!timed_) context_.observer.on_tick();
  }

 private:
  Status take_one(const job::TrialDone& message) {
    record::Trial trial = message.trial;
    measure::note_phase(phases_, trial, base::seconds(clock_.now_ns() - worker_start_ns_));
    if (in_rounds_) trial.round = block_.round;
    TRY(context_.store.append_trial(record_.cell_key, record_.attempt, trial));
    const std::string phase = trial.scenario + (trial.warmup ? " warm-up" : "");
    if (phase != progress_.phase) progress_ = {phase, 0, 0, {}, kRuns};
    if (const auto disturbance = measure::disturbance(trial)) {
      context_.observer.on_notice(
          fmt::format("{}: a run does not count and is repeated: {}", trial.scenario, *disturbance));
    } else {
      ++progress_.done;
    }
    const auto settings = measure::block_settings(context_.performance(), block_.round);
    progress_.total = trial.warmup ? settings.num_warmup : settings.num_runs;
    context_.observer.on_progress(progress_);
    return {};
  }

  Status take_one(const job::ItemsDone& message) {
    TRY(context_.store.append_items(record_.cell_key, message.items));
    progress_.done += message.fresh;
    if (message.fresh > 0) {
      answering_.items += message.fresh;
      answering_.to_ns = clock_.now_ns();
    }
    context_.observer.on_progress(progress_);
    return {};
  }

  Status take_one(const job::TaskBegun& message) {
    if (answering_.from_ns == 0) answering_.from_ns = clock_.now_ns();
    progress_.phase = message.name;
    progress_.unit = "items";
    progress_.total = progress_.total.value_or(0) + message.items;
    context_.observer.on_progress(progress_);
    return {};
  }

  Status take_one(const job::PhaseBegun& message) {
    timed_ = message.timed;
    Progress phase = progress_;
    phase.phase = message.name;
    // Runs are counted anew in each phase; items go on.
    if (progress_.unit == kRuns) phase = progress_ = {message.name, 0, 0, {}, kRuns};
    context_.observer.on_progress(phase);
    return {};
  }

  Status take_one(const job::EngineOpened& message) {
    record_.engine.update(message.facts);
    block_.engine.update(message.facts);
    if (auto warning = no_gpu_for_layers(context_.engine())) warn(*warning);
    for (const std::string& warning : rpc_warnings(context_.engine())) warn(warning);
    const auto asked = base::integer_at(record_.engine, "threads_asked");
    const auto used = base::integer_at(record_.engine, "threads");
    if (!asked || !used || *asked <= *used) return {};
    warn(fewer_threads(*asked, *used));
    return {};
  }

  Status take_one(const job::Warning& message) {
    warn(message.text);
    return {};
  }

  Status take_one(const job::ScenarioEnded& message) {
    timed_ = false;
    block_.scenarios.push_back(message.text);
    return {};
  }

  // The messages of other jobs.
  template <typename Other>
  Status take_one(const Other&) {
    return {};
  }

  void warn(const std::string& text) {
    for (std::vector<std::string>* all : {&record_.warnings, &block_.warnings}) {
      if (std::ranges::find(*all, text) == all->end()) all->push_back(text);
    }
  }

  const CellContext& context_;
  Record& record_;
  record::Block block_;
  std::vector<record::MemoryPhase> phases_;
  base::MonotonicClock clock_;
  std::int64_t worker_start_ns_ = 0;
  Answering answering_;
  bool in_rounds_ = false;
  Progress progress_;
  bool timed_ = false;
};

void keep_first_of_equals(std::vector<std::string>& lines) {
  std::set<std::string> seen;
  std::erase_if(lines, [&seen](const std::string& line) { return !seen.insert(line).second; });
}

}  // namespace

Result<OpenCell> OpenCell::begin(const CellContext& context) {
  Record record = new_record(context);
  TRY_ASSIGN(record.attempt, context.store.begin_attempt(record));
  return OpenCell(context, std::move(record));
}

OpenCell::OpenCell(const CellContext& context, Record record)
    : context_(&context),
      record_(std::move(record)),
      files_{context.cell.artifact, context.cell.baseline},
      engine_(context.engine()) {}

Status OpenCell::prepare() {
  if (context_->is_served()) {
    record_.model_info = served_model(context_->cell.cell);
    return {};
  }
  TRY(make_files(*context_, files_));
  if (context_->is_in_program()) {
    record_.model_info = program_model(*context_);
  } else {
    TRY_ASSIGN(info_, gguf::inspect(files_.model.path));
    record_.model_info = model::to_json(files_.model, context_->source(), info_);
    TRY(choose_kernels(*context_, info_, engine_, record_));
  }
  if (files_.baseline) TRY(prepare_baseline());
  if (kind().begin != nullptr) TRY(kind().begin(cell_work(), record_));
  identities_ = identify_files(*context_, files_);
  return {};
}

Status OpenCell::prepare_baseline() {
  const BaseModel* base = context_->similarity_base();
  baseline_engine_ = baseline_engine(*context_);
  const bool has_file = base != nullptr ? !base->program : context_->has_own_file();
  if (has_file) {
    TRY_ASSIGN(const auto info, gguf::inspect(files_.baseline->path));
    TRY(choose_kernels(*context_, info, baseline_engine_ ? *baseline_engine_ : engine_, record_));
  }
  record::set_base_model(record_,
                         base != nullptr ? *context_->plan.similarity_settings.base
                                         : plan::base_precision_of(context_->plan, context_->cell.cell.model),
                         files_.baseline->sha256, context_->cell.untuned_baseline);
  return {};
}

Status OpenCell::work(const Part& part) {
  TRY_ASSIGN(auto done, context_->store.done_items(record_.cell_key));
  Listener listener(*context_, static_cast<std::int64_t>(done.size()), part, record_);
  const base::MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  const std::string started_at = base::utc_timestamp();
  TRY_ASSIGN(const std::unique_ptr<BlockPower> power, begin_power());
  measure::PrivateMemorySampler sampler;
  job::WorkerOptions options;
  options.on_interrupt = [this] {
    context_->observer.on_notice(fmt::format("stopping after {}; Ctrl-C again stops at once", kind().step));
  };
  options.on_tick = [&listener] { listener.tick(); };
  options.hang_timeout_s = context_->plan.hang_timeout_s;
  context_->observer.on_progress({"loading", 0, 0, {}, ""});
  const base::Json job = kind().job(cell_work(), part, std::move(done));
  const auto start_c = base::number_at(measure::thermal_counters(context_->plan.energy_settings.sysfs_root),
                                       measure::kTemperatureKey);
  if (power) power->work_begins();
  std::optional<AnswerEnergy> answers;
  if (answers_carry_energy()) answers.emplace();
  auto answer = job::run_worker(
      job, options, &context_->interrupts,
      [&listener, &sampler](const job::Message& message) {
        if (const auto* program = std::get_if<job::ProgramStarted>(&message))
          static_cast<void>(sampler.start(static_cast<pid_t>(program->pid)));  // it has the model
        return listener.take(message);
      },
      [&sampler, &listener](pid_t pid) {
        listener.worker_starts();
        static_cast<void>(sampler.start(pid));  // without samples the peak is absent
      });
  end_.memory = sampler.stop();
  const bool changed = identify_files(*context_, files_) != identities_;
  // A file that can no longer be read is judged below; a death keeps its own words.
  if (!answer && !(changed && answer.error().kind == base::ErrorKind::bad_input))
    return tl::unexpected(std::move(answer).error());
  if (changed) {
    TRY(context_->store.drop_items(record_.cell_key));  // nobody knows which content gave which of them
    return base::fail(base::ErrorKind::integrity,
                      fmt::format("{} changed while it was in use", files_.model.path.string()),
                      "run it again");
  }
  end_.answer = *std::move(answer);
  if (kind().after_part != nullptr) kind().after_part(end_, record_);
  if (power && answers) TRY(end_answers(*power, *answers, listener.answering()));
  if (!part.round) return {};
  record::Block block = listener.block();
  block.start_temperature_c = start_c;
  if (power && measures_energy()) TRY(end_power(*power, block));
  return keep_block(std::move(block), listener.phases(), started_at, clock.now_ns() - begin_ns);
}

Status OpenCell::idle(double seconds) const {
  context_->observer.on_progress({"measuring idle power", 0, 0, {}, ""});
  if (!context_->interrupts.stopped_within(seconds)) return {};
  return base::fail(base::ErrorKind::interrupted, "stopped");
}

Result<std::unique_ptr<BlockPower>> OpenCell::begin_power() const {
  if (!measures_energy() && !answers_carry_energy()) return nullptr;
  return BlockPower::begin(*context_->inputs.power, context_->plan.energy_settings,
                           [this](double seconds) { return idle(seconds); });
}

Status OpenCell::end_power(BlockPower& power, record::Block& block) const {
  TRY_ASSIGN(const auto told, job::answer_from<job::PerformanceAnswer>(end_.answer));
  TRY_ASSIGN(auto trials, context_->store.trials_from(record_.cell_key, record_.attempt, block.round));
  std::erase_if(trials, [&block](const record::Trial& trial) { return trial.round != block.round; });
  TRY_ASSIGN(block.energy, power.end(told.origin_ns ? worked_in(trials, *told.origin_ns) : Worked{},
                                     [this](double seconds) { return idle(seconds); }));
  return keep_one_trace(context_->store, {record_.cell_key, record_.attempt},
                        measure::gates_for(context_->performance()), block);
}

bool OpenCell::answers_carry_energy() const {
  const auto& power = context_->inputs.power;
  return power && !power->headline.empty() && !context_->is_served() &&
         record::is_scored_task(context_->cell.cell.task);
}

Status OpenCell::end_answers(BlockPower& power, const AnswerEnergy& energy, const Answering& answering) {
  const measure::Gates gates = measure::gates_for(context_->performance());
  TRY_ASSIGN(const auto part,
             energy.end(power, answering, gates, [this](double seconds) { return idle(seconds); }));
  if (part.requests == 0) return {};  // all of its items were there already
  if (answer_energy_)
    add_part(*answer_energy_, part);
  else
    answer_energy_ = part;
  return {};
}

Status OpenCell::keep_block(record::Block block, std::vector<record::MemoryPhase> phases,
                            const std::string& started_at, std::int64_t wall_ns) {
  block.series = series_;
  block.started_at = started_at;
  block.wall_s = base::seconds(wall_ns);
  block.answer = end_.answer;
  // Behind a server that is the memory of who asks.
  if (!context_->is_served()) block.private_peak_bytes = end_.memory.peak_bytes;
  if (!has_memory_line_ && !measures_energy() && block.private_peak_bytes) {
    TRY_ASSIGN(const bool is_first,
               is_first_that_counts(context_->store, {record_.cell_key, record_.attempt},
                                    measure::gates_for(context_->performance()), block.round));
    if (is_first) block.memory_line = measure::memory_line(end_.memory, std::move(phases), block.round);
    has_memory_line_ = is_first;
  }
  return context_->store.append_block(record_.cell_key, record_.attempt, block);
}

Status OpenCell::complete() {
  return kind().complete == nullptr ? Status{} : kind().complete(cell_work(), record_);
}

Status OpenCell::summarize() {
  context_->observer.on_progress({"adding up", 0, 0, {}, ""});  // resampling takes its time
  TRY(kind().summarize(cell_work(), end_, record_));
  if (answers_carry_energy()) set_answer_energy(record_, answer_energy_);
  return {};
}

Result<Record> OpenCell::finish() {
  keep_first_of_equals(record_.warnings);
  record_.finished_at = base::utc_timestamp();
  TRY(context_->store.finish(record_));
  return record_;
}

Result<Record> OpenCell::fail(const base::Error& error) {
  record_.outcome = Outcome::failed;
  std::string message = error.message;
  if (!error.hint.empty()) message += fmt::format(" ({})", error.hint);
  const bool fits = !job::is_out_of_memory(error);
  record_.failure = record::Failure{std::string(fits ? base::name(error.kind) : kDoesNotFit),
                                    std::move(message), error.signal};
  return finish();
}

Result<Record> OpenCell::skip(const std::string& reason) {
  record_.outcome = Outcome::skipped;
  record_.reasons = {reason};
  return finish();
}

}  // namespace bantam::run
