// The sensors of this machine, read while nothing else of ours runs.
#include <algorithm>

#include "audit/observe.hpp"
#include "base/clock.hpp"
#include "energy/sampler.hpp"
#include "run/power.hpp"

namespace bantam::audit {

base::Result<SensorFacts> observe_sensors(const plan::Plan& plan, double seconds,
                                          job::Interrupts& interrupts) {
  TRY_ASSIGN(const auto power, run::find_power(plan));
  SensorFacts facts;
  facts.rate_hz = plan.energy_settings.sample_rate_hz;
  for (const auto& source : power->found.present) facts.sources.push_back(source->facts().name);
  if (facts.sources.empty()) return facts;
  TRY_ASSIGN(energy::Sampler sampler,
             energy::Sampler::start(power->found.present, energy::SupplyWatch(power->request.roots.sysfs),
                                    power->clock, {facts.rate_hz, seconds + 1.0}, power->found.gpus));
  const bool stopped = interrupts.stopped_within(seconds);
  const energy::Recording recording = sampler.stop();
  if (stopped) return base::fail(base::ErrorKind::interrupted, "stopped");
  facts.cpu_s = recording.cpu_s;
  facts.wall_s = base::seconds(recording.to_ns - recording.from_ns);
  for (const energy::Trace& trace : recording.traces) facts.readings += std::ssize(trace.readings);
  return facts;
}

}  // namespace bantam::audit
