#pragma once
// What holds up a phase of a model's work, by what was seen of it and by what the machine can do at most.
// Pure arithmetic: reads no counter, knows no engine. Formulas and thresholds: docs/resources.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::measure {

// A phase's work, and what this machine would take for each part of it by itself. A step is one token of
// decode, a whole prompt of prefill.
struct PhaseWork {
  double bytes = 0.0;       // of weights and KV cache that a step reads at the least
  double operations = 0.0;  // multiplications and additions of a step
  double kernels_s = 0.0;   // of a step's matrices and attention by the engine's kernels, as measured alone
  double starts_s = 0.0;    // of starting and joining a step's operations
};

// What a machine can do, and the work of a model at a precision on it.
struct WorkFacts {
  double read_bytes_per_s = 0.0;  // main memory, all threads
  double operations_per_s = 0.0;  // of matrices with many columns, of the model's own types
  PhaseWork prefill;
  PhaseWork decode;
};

// What was seen in all counted trials of a phase together. Absent: the system does not tell.
struct PhaseSeen {
  std::string scenario;  // "load_cold", "load_warm", "pp", "tg"
  std::int64_t trials = 0;
  std::int64_t steps = 0;  // tokens of tg, prompts of pp, loads
  double wall_s = 0.0;
  std::optional<double> cpu_s;     // of our threads, user and kernel
  std::optional<double> system_s;  // of it in the kernel
  std::optional<double> steal_s;
  std::optional<std::int64_t> minor_faults;
  std::optional<std::int64_t> major_faults;
  std::optional<std::int64_t> swapped_in_pages;
  std::optional<std::int64_t> disk_read_bytes;
  std::optional<double> cpu_stall_s;  // some task of the machine waited for a CPU (PSI)
  std::optional<double> memory_stall_s;
  std::optional<double> io_stall_s;
  std::optional<std::int64_t> throttle_events;
  std::optional<std::int64_t> cycles;
  std::optional<std::int64_t> instructions;
  std::optional<std::int64_t> cache_misses;

  double step_s() const { return steps > 0 ? wall_s / static_cast<double>(steps) : 0.0; }
};
// The counted trials of a scenario; without trials where there are none.
PhaseSeen phase_seen(const std::vector<record::Trial>& trials, std::string_view scenario);

enum class Bound { memory_bandwidth, compute, disk, paging, throttling, overhead };
std::string_view name(Bound bound);

// What takes the time of a phase, and how far from the machine's limits it is.
struct PhaseVerdict {
  Bound bound = Bound::overhead;
  double share = 0.0;                 // of the phase's time that it explains
  std::string reason;                 // a sentence with the figures
  std::vector<std::string> remedies;  // what would help, with the most that it can bring
};

// Bytes read / time, as a share of the read bandwidth.
double bandwidth_share(const PhaseSeen& seen, const PhaseWork& work, double read_bytes_per_s);
// Operations / time, as a share of the matrix rate.
double compute_share(const PhaseSeen& seen, const PhaseWork& work, double operations_per_s);

// A share from which on a cause is said to hold the phase up.
inline constexpr double kMostlyShare = 0.6;
inline constexpr double kHalfShare = 0.5;

// Of prefill and decode. bad_input without steps, or without rates.
base::Result<PhaseVerdict> judge_phase(const PhaseSeen& seen, const PhaseWork& work, const WorkFacts& facts);
// Of a load: disk, paging, or the work on what was read. bad_input without a load.
base::Result<PhaseVerdict> judge_load(const PhaseSeen& seen);

base::Json to_json(const PhaseSeen& seen);
base::Json to_json(const PhaseVerdict& verdict);
base::Json to_json(const WorkFacts& facts);

}  // namespace bantam::measure
