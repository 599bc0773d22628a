#pragma once
// The body of job::MemoryProbeJob.

#include "job/memory_probe.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {

base::Result<job::MemoryProbeAnswer> work_on(const job::MemoryProbeJob& job, const Desk& desk);

}  // namespace bantam::worker
