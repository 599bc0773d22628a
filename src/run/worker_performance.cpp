#include "run/worker_performance.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/clock.hpp"
#include "engine/llama_engine.hpp"
#include "measure/resident.hpp"
#include "measure/workload.hpp"
#include "model/gguf.hpp"
#include "run/engine_message.hpp"
#include "run/memory_check.hpp"
#include "run/timed_loads.hpp"
#include "run/worker_encoder.hpp"

namespace bantam::run {
namespace {

using base::Json;
using base::Result;
using base::Status;

// Enough to tokenize with, before the prompt's length is known.
constexpr engine::Capacity kSmallest{16, 1};

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
    const TimedLoads loads{
        job_.model.gguf, [this] { return open(); }, [this] { engine_.reset(); }, clock_, start_ns_};
    TRY(time_loads(loads, sink_, result_["absent"]));
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
        {{"type", message::kWarning},
         {"text",
          fmt::format("requests give {} tokens instead of {}: the context is {} tokens, the prompt {}", room,
                      performance_.max_new_tokens, context, prompt_tokens)}}));
    performance_.max_new_tokens = room;
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
  std::unique_ptr<engine::Engine> engine_;
  Json result_ = {{"absent", Json::object()}};
};

}  // namespace

Result<Json> work_on_performance(const PerformanceJob& job, Channel& channel, engine::Heartbeat* heartbeat) {
  TRY_ASSIGN(const model::ModelInfo info, model::inspect(job.model.gguf));
  if (model::embeds(info)) return work_on_encoder(job, channel, heartbeat);
  return PerformanceWork(job, channel, heartbeat).run();
}

}  // namespace bantam::run
