#pragma once
// What the kernel counts for one program: its memory, page faults, CPU time and context switches. Reading
// costs tens of microseconds and more, so it is done outside timed regions only. Knows nothing of trials or
// engines.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/json.hpp"

namespace bantam::measure {

// Each member is absent where this kernel does not report it or does not let us read it.
struct Counters {
  std::optional<std::int64_t> rss_anon_bytes;   // private memory: heap, buffers
  std::optional<std::int64_t> rss_shmem_bytes;  // shared anonymous memory and tmpfs
  std::optional<std::int64_t> rss_file_bytes;   // mapped files: weights, code
  std::optional<std::int64_t> rss_peak_bytes;   // VmHWM, files included; never falls
  std::optional<std::int64_t> minor_faults;     // since the program started
  std::optional<std::int64_t> major_faults;     // of them those that had to wait for the disk
  std::optional<double> user_s;                 // CPU time since the program started
  std::optional<double> system_s;
  std::optional<std::int64_t> voluntary_switches;    // waited for something
  std::optional<std::int64_t> involuntary_switches;  // was pushed off its CPU
};

// The counters of program `pid`, or of this one, and those of count_program() with it. `proc` is where procfs
// is mounted.
Counters read_counters(std::optional<pid_t> pid = std::nullopt, const std::filesystem::path& proc = "/proc");

// From now on what this program counts of itself is the sum with that program, which has the model; absent:
// no other one. Its CPU time is known to the clock tick (10 ms) only.
void count_program(std::optional<pid_t> pid);

// Proportional set size: every shared page counts as its share among the programs that map it. The kernel
// walks all pages for it, about 20 ms per GiB. Absent where there is no smaps_rollup or it may not be read.
std::optional<std::int64_t> read_pss_bytes(std::optional<pid_t> pid = std::nullopt,
                                           const std::filesystem::path& proc = "/proc");

// Its key in Trial::counters; not every trial has it.
inline constexpr const char* kPssKey = "pss_bytes";

// The CPUs that the program's threads may use now, as lists: under kCpusKey of all threads together, under
// kFirstThreadCpusKey of the first one, which computes, too; absent where they cannot be read or OpenMP sets
// them.
base::Json cpu_counters();
inline constexpr const char* kCpusKey = "cpus";
inline constexpr const char* kFirstThreadCpusKey = "first_thread_cpus";

// RssAnon + RssShmem: memory that this program alone needs. Absent unless the kernel reports both.
std::optional<std::int64_t> private_bytes(const Counters& counters);

// Memory as it was at `after`; faults, CPU time and switches between the two. Keys are the members' names.
base::Json counters_between(const Counters& before, const Counters& after);

}  // namespace bantam::measure
