#pragma once
// The parts of an audit that need more than one worker, or the parent's own view of one.

#include "audit/judges.hpp"
#include "audit/subject.hpp"

namespace bantam::audit {

// What this process computes while a worker times requests for `seconds`, its memory sampled as in a run.
base::Result<WatchingFacts> observe_watching(const Subject& subject, double seconds,
                                             job::Interrupts& interrupts);

// What reading this machine's sensors takes, for `seconds`, as an energy measurement reads them. Errors:
// those of finding a meter that is named, and of the sampler; interrupted.
base::Result<SensorFacts> observe_sensors(const plan::Plan& plan, double seconds,
                                          job::Interrupts& interrupts);

// Rounds of the model under two names, as `bantam run` makes them, for `seconds`.
base::Result<EqualModels> observe_equal_models(const Subject& subject, double seconds,
                                               job::Interrupts& interrupts, const AuditHooks& hooks);

// How fast weights can be read at best. Measures the memory once where the weights do not fit the caches.
base::Result<MemoryBound> find_memory_bound(const Subject& subject, const AuditHooks& hooks);

}  // namespace bantam::audit
