#include "run/timed_loads.hpp"

#include "measure/load.hpp"
#include "record/record.hpp"
#include "run/job.hpp"

namespace bantam::run {
namespace {

using base::Status;

constexpr int kWarmLoads = 3;

}  // namespace

Status SendTrials::on_trial(const record::Trial& trial) {
  return channel_.send_and_wait({{"type", message::kTrial}, {"trial", record::to_json(trial)}});
}

Status SendTrials::on_scenario_end(const measure::ScenarioEnd& end) {
  return channel_.send({{"type", message::kScenarioEnd}, {"text", measure::text_of(end)}});
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

}  // namespace bantam::run
