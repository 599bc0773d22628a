#include "run/worker_encoder.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/clock.hpp"
#include "engine/llama_encoder.hpp"
#include "measure/resident.hpp"
#include "measure/workload_encoder.hpp"
#include "run/engine_message.hpp"
#include "run/timed_loads.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

// Enough to tokenize with, before the sequence's length is known.
constexpr engine::Capacity kSmallest{16, 1};

class EncoderWork {
 public:
  EncoderWork(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat)
      : job_(job), heartbeat_(heartbeat), sink_(channel), channel_(channel), start_ns_(clock_.now_ns()) {}

  Result<Json> run() {
    TRY_ASSIGN(const auto sequence, plan_sequence());
    const TimedLoads loads{job_.model.gguf, [this] { return open(); }, [this] { encoder_.reset(); }, clock_,
                           start_ns_};
    TRY(time_loads(loads, sink_, result_["absent"]));
    if (!encoder_) TRY(open());
    TRY(channel_.send(engine_message(encoder_->properties())));
    TRY(measure::measure_encoder(*encoder_, sequence, job_.performance, clock_, sink_, start_ns_));
    result_["memory"] = memory_json(encoder_->memory());
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
          {{"type", message::kWarning},
           {"text", fmt::format("the prompt of {} tokens is cut to {}, the encoder's longest sequence",
                                whole.size(), sequence.size())}}));
    }
    capacity_ = {static_cast<int>(sequence.size()), std::max(1, job_.performance.batch_size)};
    return sequence;
  }

  const PerformanceJob& job_;
  engine::Heartbeat* heartbeat_;
  base::MonotonicClock clock_;
  SendTrials sink_;
  Channel& channel_;
  std::int64_t start_ns_;
  engine::Capacity capacity_ = kSmallest;
  std::unique_ptr<engine::Encoder> encoder_;
  Json result_ = {{"encoder", true}, {"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_encoder(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  return EncoderWork(job, channel, heartbeat).run();
}

}  // namespace bantam::run
