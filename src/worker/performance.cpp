// Loads timed cold and warm, then the workload, each trial sent as it ends; an encoder has a workload of its
// own.
#include <fmt/format.h>
#include <algorithm>
#include <limits>

#include "base/clock.hpp"
#include "engine/llama/encoder.hpp"
#include "engine/llama/open.hpp"
#include "gguf/model_info.hpp"
#include "measure/counters.hpp"
#include "measure/load.hpp"
#include "measure/memory.hpp"
#include "measure/resource_counts.hpp"
#include "measure/validity.hpp"
#include "measure/workload.hpp"
#include "model/program_files.hpp"
#include "record/record.hpp"
#include "worker/bodies.hpp"
#include "worker/send_trials.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;

constexpr int kWarmLoads = 1;  // of each block

struct TimedLoads {
  std::filesystem::path gguf;
  std::function<base::Status()> open;  // opens the model, ready for the first request
  std::function<void()> close;         // frees what was opened; nothing when nothing is open
  const base::Clock& clock;
  std::int64_t start_ns = 0;  // what Trial::start_s counts from
  bool cold = true;
  bool warm = true;
};

using Absent = std::map<std::string, std::string>;

// One cold load, where it is asked for, then a warm one; a disturbed one is repeated. The model may be open
// or closed afterwards. A load that cannot be timed becomes a reason in `absent`, by metric name; a model
// that cannot be opened is an error.
Status time_loads(const TimedLoads& loads, measure::TrialSink& sink, Absent& absent) {
  bool open_failed = false;
  const auto open = [&]() -> Status {
    const Status opened = loads.open();
    open_failed = !opened;
    return opened;
  };
  const auto times = [&](auto* time_load, int count, const char* metric) -> Status {
    int counted = 0;
    for (int i = 0; counted < count && i - counted <= measure::kMostDisturbed; ++i) {
      loads.close();
      auto trial = time_load(loads.gguf, open, loads.clock, loads.start_ns);
      if (!trial && open_failed) return tl::unexpected(trial.error());
      if (!trial) {
        absent[metric] = trial.error().message;
        return {};
      }
      trial->index = i;
      counted += measure::disturbance(*trial) ? 0 : 1;
      TRY(sink.on_trial(*trial));
    }
    return {};
  };
  if (loads.cold) TRY(times(measure::time_cold_load, 1, "load_cold_s"));
  if (loads.warm) TRY(times(measure::time_warm_load, kWarmLoads, "load_warm_s"));
  return {};
}

class EncoderWork {
 public:
  EncoderWork(const job::PerformanceJob& job, const Desk& desk)
      : job_(job), desk_(desk), sink_(desk.channel), start_ns_(clock_.now_ns()) {}

  Result<job::PerformanceAnswer> run() {
    TRY_ASSIGN(const auto sequence, plan_sequence());
    const TimedLoads loads{job_.model.gguf,
                           [this] { return open(); },
                           [this] { encoder_.reset(); },
                           clock_,
                           start_ns_,
                           job_.cold_load,
                           job_.warm_load};
    TRY(desk_.channel.send_and_wait(job::PhaseBegun{.name = "timing loads", .timed = true}));
    TRY(time_loads(loads, sink_, answer_.absent));
    if (!encoder_) TRY(open());
    TRY(desk_.channel.send(job::engine_opened(encoder_->properties())));
    TRY(measure::measure_encoder(*encoder_, sequence, job_.performance, clock_, sink_, start_ns_));
    answer_.origin_ns = start_ns_;
    answer_.memory = encoder_->memory();
    if (const auto resident = measure::resident_bytes(job_.model.gguf)) {
      answer_.weights_resident_bytes = *resident;
    } else {
      answer_.absent["weights_resident_bytes"] = resident.error().message;
    }
    return std::move(answer_);
  }

 private:
  Status open() {
    TRY_ASSIGN(encoder_, engine::open_llama_encoder(job_.model, job_.engine, capacity_, desk_.heartbeat));
    return {};
  }

  // Sets the capacity to what the sequences take. A text that is longer than the encoder's longest sequence
  // is cut, and the record says so.
  Result<std::vector<engine::Token>> plan_sequence() {
    TRY(open());
    TRY_ASSIGN(const auto whole, encoder_->tokenize(job_.performance.prompt));
    const int trained = encoder_->properties().context_train.value_or(std::numeric_limits<int>::max());
    const int most = std::min(trained, job_.engine.max_model_len.value_or(trained));
    TRY_ASSIGN(auto sequence, measure::encoder_sequence(whole, job_.performance, most));
    if (!job_.performance.n_prompt && sequence.size() < whole.size()) {
      TRY(desk_.channel.send(
          job::Warning{fmt::format("the prompt of {} tokens is cut to {}, the encoder's longest sequence",
                                   whole.size(), sequence.size())}));
    }
    capacity_ = {static_cast<int>(sequence.size()), std::max(1, job_.performance.batch_size)};
    return sequence;
  }

  const job::PerformanceJob& job_;
  const Desk& desk_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallestCapacity;
  std::unique_ptr<engine::Encoder> encoder_;
  job::PerformanceAnswer answer_ = {
      .encoder = true, .memory = {}, .weights_resident_bytes = {}, .absent = {}, .origin_ns = {}};
};

class PerformanceWork {
 public:
  PerformanceWork(const job::PerformanceJob& job, const Desk& desk)
      : job_(job),
        performance_(job.performance),
        desk_(desk),
        sink_(desk.channel),
        start_ns_(clock_.now_ns()) {}

  Result<job::PerformanceAnswer> run() {
    TRY(size_context());
    const bool has_draft_file = job_.draft_model.has_value();
    if (job_.cold_load && has_draft_file)
      answer_.absent["load_cold_s"] = "the file of the draft model stays in memory";
    const TimedLoads loads{weights_file(),
                           [this] { return open(); },
                           [this] {
                             engine_.reset();
                             measure::count_program(std::nullopt);
                           },
                           clock_,
                           start_ns_,
                           job_.cold_load && !has_draft_file,
                           job_.warm_load};
    TRY(desk_.channel.send_and_wait(job::PhaseBegun{.name = "timing loads", .timed = true}));
    TRY(time_loads(loads, sink_, answer_.absent));
    if (!engine_) TRY(open());
    TRY(watch_program(*engine_, desk_));
    TRY(desk_.channel.send(job::engine_opened(engine_->properties())));
    TRY(measure::measure_performance(*engine_, performance_, clock_, sink_, start_ns_, job_.round));
    answer_.origin_ns = start_ns_;
    answer_.memory = engine_->memory();
    if (const auto resident = measure::resident_bytes(weights_file())) {
      answer_.weights_resident_bytes = *resident;
    } else {
      answer_.absent["weights_resident_bytes"] = resident.error().message;
    }
    return std::move(answer_);
  }

 private:
  // Whose pages are dropped and read before a load: all of the weights, or where a program loads a folder,
  // most of them.
  std::filesystem::path weights_file() const {
    return job_.model.program ? model::largest_file(job_.model.gguf) : job_.model.gguf;
  }

  Status open() {
    auto opened = engine::open(job_.model, job_.engine, capacity_, desk_.heartbeat, draft());
    if (!opened) return tl::unexpected(opened.error());
    engine_ = *std::move(opened);
    measure::count_program(engine_->other_process());
    if (const auto idle_us = drilled_number("idle_us/" + job_.model.gguf.filename().string()))
      engine_->idle_before_batches(static_cast<std::int64_t>(*idle_us * 1e3));
    return {};
  }

  std::optional<engine::Draft> draft() const {
    if (!job_.engine.draft) return std::nullopt;
    return engine::Draft{job_.draft_model, job_.engine.draft_tokens.value_or(plan::kDefaultDraftTokens)};
  }

  Status size_context() {
    // What the output alone takes, before the model is loaded; with the prompt once it can be counted.
    const engine::Capacity of_output = measure::capacity_for(performance_, 0);
    TRY(check_cache_fits(job_.model, job_.engine, of_output));
    // A program makes its cache as it goes, and what is opened here may be what is measured.
    if (job_.model.program) capacity_ = {0, of_output.streams};
    TRY(open());
    TRY_ASSIGN(const auto tokens, engine_->tokenize(job_.performance.prompt, false));
    if (tokens.empty()) {
      return base::fail(base::ErrorKind::usage, "the prompt has no tokens with this model's tokenizer",
                        "give a --prompt with text");
    }
    const int of_text = static_cast<int>(tokens.size()) + (engine_->properties().adds_bos ? 1 : 0);
    const int prompt_tokens = performance_.prompt_tokens.value_or(of_text);
    TRY(fit_output(prompt_tokens));
    capacity_ = measure::capacity_for(performance_, prompt_tokens);
    return check_cache_fits(job_.model, job_.engine, capacity_);
  }

  // A request that asks for more than the context holds is cut to what fits, and the record says so.
  Status fit_output(int prompt_tokens) {
    const std::optional<int> context_train = engine_->properties().context_train;
    if (!context_train) return {};
    const int context = std::min(*context_train, job_.engine.max_model_len.value_or(*context_train));
    const int room = context - prompt_tokens;
    if (room >= performance_.max_new_tokens) return {};
    if (room < 1) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("the prompt has {} tokens, the context {}", prompt_tokens, context),
                        "give a shorter --prompt");
    }
    TRY(desk_.channel.send(job::Warning{
        fmt::format("requests give {} tokens instead of {}: the context is {} tokens, the prompt {}", room,
                    performance_.max_new_tokens, context, prompt_tokens)}));
    performance_.max_new_tokens = room;
    return {};
  }

  const job::PerformanceJob& job_;
  plan::PerformanceSettings performance_;
  const Desk& desk_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallestCapacity;
  std::unique_ptr<engine::Engine> engine_;
  job::PerformanceAnswer answer_;
};

}  // namespace

Result<job::PerformanceAnswer> work_on(const job::PerformanceJob& job, const Desk& desk) {
  if (job.count_resources) measure::count_resources();  // before there are threads, which inherit it
  if (job.model.program) return PerformanceWork(job, desk).run();
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(job.model.gguf));
  if (gguf::embeds(info)) return EncoderWork(job, desk).run();
  return PerformanceWork(job, desk).run();
}

}  // namespace bantam::worker
