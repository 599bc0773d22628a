#pragma once
// What this program and the machine count beside time: bytes from the disk, how long tasks waited (pressure
// stall information), and what the processor counts. Only where it is asked for: reading costs some ten
// microseconds. Knows nothing of trials.

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/json.hpp"

namespace bantam::measure {

// Each member is absent where it is not asked for, or this system does not let us read it.
struct ResourceCounts {
  std::optional<std::int64_t> disk_read_bytes;  // of this program, that had to come from a disk
  std::optional<double> cpu_stall_s;            // some task of the machine waited for a CPU, so far
  std::optional<double> memory_stall_s;         // for memory
  std::optional<double> io_stall_s;             // for a disk
  std::optional<std::int64_t> cycles;           // of all our threads, outside the kernel
  std::optional<std::int64_t> instructions;
  std::optional<std::int64_t> cache_misses;  // of the last level
};

// From now on resources are counted, of this thread and of those that it starts.
void count_resources(const std::filesystem::path& proc = "/proc");

// Without any member before count_resources().
ResourceCounts read_resources();
// The members that both have, for Trial::counters: keys are their names.
base::Json resources_between(const ResourceCounts& before, const ResourceCounts& after);

}  // namespace bantam::measure
