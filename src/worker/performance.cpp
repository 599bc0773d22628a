#include "worker/performance.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/clock.hpp"
#include "engine/llama/encoder.hpp"
#include "engine/llama/engine.hpp"
#include "gguf/model_info.hpp"
#include "job/engine_message.hpp"
#include "job/job.hpp"
#include "measure/load.hpp"
#include "measure/memory.hpp"
#include "measure/workload.hpp"
#include "record/record.hpp"
#include "worker/memory_check.hpp"

namespace bantam::worker {
namespace {

using base::Status;

constexpr int kWarmLoads = 3;

}  // namespace

Status SendTrials::on_trial(const record::Trial& trial) {
  return channel_.send_and_wait({{"type", job::message::kTrial}, {"trial", record::to_json(trial)}});
}

Status SendTrials::on_scenario_end(const measure::ScenarioEnd& end) {
  return channel_.send({{"type", job::message::kScenarioEnd}, {"text", measure::sentence(end)}});
}

Status time_loads(const TimedLoads& loads, measure::TrialSink& sink, base::Json& absent) {
  bool open_failed = false;
  const auto open = [&]() -> Status {
    const Status opened = loads.open();
    open_failed = !opened;
    return opened;
  };
  loads.close();
  if (const auto cold = measure::time_cold_load(loads.gguf, open, loads.clock, loads.start_ns)) {
    TRY(sink.on_trial(*cold));
  } else if (open_failed) {
    return tl::unexpected(cold.error());
  } else {
    absent["load_cold_s"] = cold.error().message;
  }
  for (int i = 0; i < kWarmLoads; ++i) {
    loads.close();
    auto warm = measure::time_warm_load(loads.gguf, open, loads.clock, loads.start_ns);
    if (!warm) {
      if (open_failed) return tl::unexpected(warm.error());
      absent["load_warm_s"] = warm.error().message;
      return {};
    }
    warm->index = i;
    TRY(sink.on_trial(*warm));
  }
  return {};
}

namespace {

using base::Json;
using base::Result;
using base::Status;

// Enough to tokenize with, before the sequence's length is known.
constexpr engine::Capacity kSmallest{16, 1};

class EncoderWork {
 public:
  EncoderWork(const job::PerformanceJob& job, job::Channel& channel, engine::Heartbeat* heartbeat)
      : job_(job), heartbeat_(heartbeat), sink_(channel), channel_(channel), start_ns_(clock_.now_ns()) {}

  Result<Json> run() {
    TRY_ASSIGN(const auto sequence, plan_sequence());
    const TimedLoads loads{job_.model.gguf, [this] { return open(); }, [this] { encoder_.reset(); }, clock_,
                           start_ns_};
    TRY(time_loads(loads, sink_, result_["absent"]));
    if (!encoder_) TRY(open());
    TRY(channel_.send(job::engine_message(encoder_->properties())));
    TRY(measure::measure_encoder(*encoder_, sequence, job_.performance, clock_, sink_, start_ns_));
    result_["memory"] = job::memory_json(encoder_->memory());
    if (const auto resident = measure::resident_bytes(job_.model.gguf)) {
      result_["weights_resident_bytes"] = *resident;
    } else {
      result_["absent"]["weights_resident_bytes"] = resident.error().message;
    }
    return std::move(result_);
  }

 private:
  Status open() {
    TRY_ASSIGN(encoder_, engine::open_llama_encoder(job_.model, job_.engine, capacity_, heartbeat_));
    return {};
  }

  // Sets the capacity to what the sequences take. A text that is longer than the encoder's longest sequence
  // is cut, and the record says so.
  Result<std::vector<engine::Token>> plan_sequence() {
    TRY(open());
    TRY_ASSIGN(const auto whole, encoder_->tokenize(job_.performance.prompt));
    const int trained = encoder_->properties().context_train;
    const int most = std::min(trained, job_.engine.max_model_len.value_or(trained));
    TRY_ASSIGN(auto sequence, measure::encoder_sequence(whole, job_.performance, most));
    if (!job_.performance.n_prompt && sequence.size() < whole.size()) {
      TRY(channel_.send(
          {{"type", job::message::kWarning},
           {"text", fmt::format("the prompt of {} tokens is cut to {}, the encoder's longest sequence",
                                whole.size(), sequence.size())}}));
    }
    capacity_ = {static_cast<int>(sequence.size()), std::max(1, job_.performance.batch_size)};
    return sequence;
  }

  const job::PerformanceJob& job_;
  engine::Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  job::Channel& channel_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallest;
  std::unique_ptr<engine::Encoder> encoder_;
  Json result_ = {{"encoder", true}, {"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_encoder(const job::PerformanceJob& job, job::Channel& channel,
                             engine::Heartbeat* heartbeat) {
  return EncoderWork(job, channel, heartbeat).run();
}

namespace {

using base::Json;
using base::Result;
using base::Status;

class PerformanceWork {
 public:
  PerformanceWork(const job::PerformanceJob& job, job::Channel& channel, engine::Heartbeat* heartbeat)
      : job_(job),
        performance_(job.performance),
        heartbeat_(heartbeat),
        sink_(channel),
        channel_(channel),
        start_ns_(clock_.now_ns()) {}

  Result<Json> run() {
    TRY(size_context());
    const TimedLoads loads{job_.model.gguf, [this] { return open(); }, [this] { engine_.reset(); }, clock_,
                           start_ns_};
    TRY(time_loads(loads, sink_, result_["absent"]));
    if (!engine_) TRY(open());
    TRY(channel_.send(job::engine_message(engine_->properties())));
    TRY(measure::measure_performance(*engine_, performance_, clock_, sink_, start_ns_));
    result_["memory"] = job::memory_json(engine_->memory());
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
    if (!opened) return tl::unexpected(opened.error());
    engine_ = *std::move(opened);
    return {};
  }

  Status size_context() {
    TRY(open());
    TRY_ASSIGN(const auto tokens, engine_->tokenize(job_.performance.prompt, false));
    const int prompt_tokens = static_cast<int>(tokens.size()) + (engine_->properties().adds_bos ? 1 : 0);
    TRY(fit_output(prompt_tokens));
    capacity_ = measure::capacity_for(performance_, prompt_tokens);
    return check_cache_fits(job_.model.gguf, job_.engine, capacity_);
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
        {{"type", job::message::kWarning},
         {"text",
          fmt::format("requests give {} tokens instead of {}: the context is {} tokens, the prompt {}", room,
                      performance_.max_new_tokens, context, prompt_tokens)}}));
    performance_.max_new_tokens = room;
    return {};
  }

  const job::PerformanceJob& job_;
  plan::PerformanceSettings performance_;
  engine::Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  job::Channel& channel_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallest;
  std::unique_ptr<engine::Engine> engine_;
  Json result_ = {{"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_performance(const job::PerformanceJob& job, job::Channel& channel,
                                 engine::Heartbeat* heartbeat) {
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(job.model.gguf));
  if (gguf::embeds(info)) return work_on_encoder(job, channel, heartbeat);
  return PerformanceWork(job, channel, heartbeat).run();
}

}  // namespace bantam::worker
