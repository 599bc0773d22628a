#include "run/worker_performance.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/clock.hpp"
#include "engine/llama_engine.hpp"
#include "measure/load.hpp"
#include "measure/resident.hpp"
#include "measure/workload.hpp"
#include "record/record.hpp"
#include "run/engine_message.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

constexpr int kWarmLoads = 3;
// Enough to tokenize with, before the prompt's length is known.
constexpr engine::Capacity kSmallest{16, 1};

class SendTrials final : public measure::TrialSink {
 public:
  explicit SendTrials(Channel& channel) : channel_(channel) {}
  Status on_trial(const record::Trial& trial) override {
    return channel_.send_and_wait({{"type", message::kTrial}, {"trial", record::to_json(trial)}});
  }
  Status on_scenario_end(const measure::ScenarioEnd& end) override {
    return channel_.send({{"type", message::kScenarioEnd}, {"text", measure::text_of(end)}});
  }

 private:
  Channel& channel_;
};

class PerformanceWork {
 public:
  PerformanceWork(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat)
      : job_(job),
        performance_(job.performance),
        heartbeat_(heartbeat),
        sink_(channel),
        channel_(channel),
        start_ns_(clock_.now_ns()) {}

  Result<Json> run() {
    TRY(size_context());
    TRY(load_cold());
    TRY(load_warm());
    if (!engine_) TRY(open());
    TRY(channel_.send(engine_message(engine_->properties())));
    TRY(measure::measure_performance(*engine_, performance_, clock_, sink_, start_ns_));
    result_["memory"] = memory_json(engine_->memory());
    if (const auto resident = measure::resident_bytes(job_.model.gguf)) {
      result_["weights_resident_bytes"] = *resident;
    } else {
      result_["absent"]["weights_resident_bytes"] = resident.error().message;
    }
    return std::move(result_);
  }

 private:
  Status open() {
    auto opened = engine::open_llama(job_.model, job_.engine, capacity_, heartbeat_);
    open_failed_ = !opened;
    if (!opened) return tl::unexpected(opened.error());
    engine_ = *std::move(opened);
    return {};
  }

  // A load that cannot be timed is absent with its reason; a model that cannot be opened is an error.
  Status load_cold() {
    engine_.reset();
    const auto trial = measure::time_cold_load(
        job_.model.gguf, [this] { return open(); }, clock_, start_ns_);
    if (trial) return sink_.on_trial(*trial);
    if (open_failed_) return tl::unexpected(trial.error());
    result_["absent"]["load_cold_s"] = trial.error().message;
    return {};
  }

  Status size_context() {
    TRY(open());
    TRY_ASSIGN(const auto tokens, engine_->tokenize(job_.performance.prompt, false));
    const int prompt_tokens = static_cast<int>(tokens.size()) + (engine_->properties().adds_bos ? 1 : 0);
    TRY(fit_output(prompt_tokens));
    capacity_ = measure::capacity_for(performance_, prompt_tokens);
    return {};
  }

  // A request that asks for more than the context holds is cut to what fits, and the record says so.
  Status fit_output(int prompt_tokens) {
    const int context_train = engine_->properties().context_train;
    const int context = std::min(context_train, job_.engine.max_model_len.value_or(context_train));
    const int room = context - prompt_tokens;
    if (context <= 0 || room >= performance_.max_new_tokens) return {};
    if (room < 1) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("the prompt has {} tokens, the context {}", prompt_tokens, context),
                        "give a shorter --prompt");
    }
    TRY(channel_.send(
        {{"type", message::kWarning},
         {"text",
          fmt::format("requests give {} tokens instead of {}: the context is {} tokens, the prompt {}", room,
                      performance_.max_new_tokens, context, prompt_tokens)}}));
    performance_.max_new_tokens = room;
    return {};
  }

  Status load_warm() {
    for (int i = 0; i < kWarmLoads; ++i) {
      engine_.reset();
      auto trial = measure::time_warm_load(
          job_.model.gguf, [this] { return open(); }, clock_, start_ns_);
      if (trial) {
        trial->index = i;
        TRY(sink_.on_trial(*trial));
        continue;
      }
      if (open_failed_) return tl::unexpected(trial.error());
      result_["absent"]["load_warm_s"] = trial.error().message;
      return {};
    }
    return {};
  }

  const PerformanceJob& job_;
  plan::PerformanceSettings performance_;
  engine::Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  Channel& channel_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallest;
  bool open_failed_ = false;
  std::unique_ptr<engine::Engine> engine_;
  Json result_ = {{"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_performance(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return PerformanceWork(job, channel, heartbeat).run();
}

}  // namespace bantam::run
