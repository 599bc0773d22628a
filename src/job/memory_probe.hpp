#pragma once
// The job behind the least memory of a model (run/min_memory.hpp), and the worker that does it under a limit.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.hpp"
#include "job/process.hpp"
#include "plan/plan.hpp"

namespace bantam::job {

// What requests took of the memory, and how they went.
struct MemoryProbeAnswer {
  double request_s = 0.0;         // the fastest of the requests that count
  std::int64_t major_faults = 0;  // pages read from the disk: the fewest in a request that counts
  // Of measure::UsedPages over these requests; absent where the kernel does not tell.
  std::optional<std::int64_t> private_bytes;
  std::optional<std::int64_t> file_used_bytes;
  std::optional<std::int64_t> file_resident_bytes;
  std::optional<std::int64_t> program_bytes;
  std::optional<std::string> pages_absent;  // why these are
};

// Opens the model as a performance cell does, warms up with its requests, one at a time and as many at once
// as it has, and repeats the single one. Messages: none.
struct MemoryProbeJob {
  static constexpr const char* kName = "memory_probe";
  using Answer = MemoryProbeAnswer;
  engine::ModelFile model;
  std::vector<std::filesystem::path> files;  // of the model, all parts, as the kernel names them
  plan::EngineSettings engine;
  plan::PerformanceSettings performance;  // of one probe: max_new_tokens and num_runs are small
  int tokens_per_stream = 512;            // that the engine has room for, as in the cell
  int streams = 1;
  // A request that takes longer ends the probe with an error of kind worker; absent: none does.
  std::optional<double> longest_request_s;
};

// As run_worker(); the worker begins in the control group whose file cgroup.procs is open as
// `control_group`; -1: in the parent's.
base::Result<MemoryProbeAnswer> run_memory_probe(const MemoryProbeJob& job, const WorkerOptions& options,
                                                 Interrupts* interrupts, int control_group);

}  // namespace bantam::job
