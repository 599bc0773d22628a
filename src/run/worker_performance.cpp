#include "run/worker_performance.hpp"

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
constexpr engine::Capacity kSmallest{256, 1};

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
      : job_(job), heartbeat_(heartbeat), sink_(channel), channel_(channel), start_ns_(clock_.now_ns()) {}

  Result<Json> run() {
    TRY(load_cold());
    TRY(size_context());
    TRY(load_warm());
    TRY(channel_.send(engine_message(engine_->properties())));
    TRY(measure::measure_performance(*engine_, job_.performance, clock_, sink_, start_ns_));
    result_["memory"] = memory_json(engine_->memory());
    if (const auto resident = measure::resident_bytes(job_.model)) {
      result_["weights_resident_bytes"] = *resident;
    } else {
      result_["absent"]["weights_resident_bytes"] = resident.error().message;
    }
    return std::move(result_);
  }

 private:
  Status open() {
    TRY_ASSIGN(engine_, engine::open_llama(job_.model, job_.engine, capacity_, heartbeat_));
    return {};
  }

  Status load_cold() {
    const auto trial = measure::time_cold_load(job_.model, [this] { return open(); }, clock_);
    if (trial) return sink_.on_trial(*trial);
    if (engine_) return tl::unexpected(trial.error());
    // Nothing was opened: the pages stayed. A failing open() shows again here.
    result_["absent"]["load_cold_s"] = trial.error().message;
    return open();
  }

  Status size_context() {
    TRY_ASSIGN(const auto tokens, engine_->tokenize(job_.performance.prompt, false));
    capacity_ = measure::capacity_for(job_.performance, static_cast<int>(tokens.size()) + 1);
    engine_.reset();
    return {};
  }

  Status load_warm() {
    for (int i = 0; i < kWarmLoads; ++i) {
      engine_.reset();
      TRY_ASSIGN(record::Trial trial, measure::time_warm_load(job_.model, [this] { return open(); }, clock_));
      trial.index = i;
      TRY(sink_.on_trial(trial));
    }
    return {};
  }

  const PerformanceJob& job_;
  engine::Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  Channel& channel_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallest;
  std::unique_ptr<engine::Engine> engine_;
  Json result_ = {{"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_performance(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return PerformanceWork(job, channel, heartbeat).run();
}

}  // namespace bantam::run
