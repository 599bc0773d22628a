#pragma once
// How fast a machine is, as a file that others can predict it from: measured there with bantam, or gathered
// from published figures. Docs: docs/devices.md has every member of the JSON.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::predict {

// With so many threads. Absent: not known; of this machine, a warning says why.
struct ThreadsRate {
  int threads = 1;
  std::optional<double> read_bytes_per_s;  // main memory
  std::optional<double> operation_s;       // to start and join an operation without work
};

// Numbers of columns of "many columns".
inline constexpr std::int64_t kManyColumns = 512;

// Of a weight type, with as many threads as the machine's rates are with.
struct TypeRate {
  std::string type;  // "q4_K"
  double bits_per_weight = 0.0;
  bool rearranged = false;  // as the engine rearranges weights for faster kernels; else as they lie in a file
  std::optional<double> weight_bytes_per_s;  // with one column, as for a token
  std::optional<double> operations_per_s;    // with many columns, as for a prompt; two per weight and column
  std::optional<std::string> source;         // where the figures come from, if not all are the machine's
};

// Of flash attention: multiplications and additions, 2 (K's head + V's head) per query head, cell and column.
struct AttentionFigure {
  std::string type;  // of K and V: "f16"
  std::int64_t head_size = 0;
  std::int64_t columns = 1;
  double operations_per_s = 0.0;
};

// What the rates of weights are taken from.
enum class RatesOf {
  kernels,      // products of matrices alone: starting operations and attention are apart
  whole_steps,  // whole tokens or prompts of a benchmark: the rest of the work is in the rates
};

struct DeviceRates {
  std::string name;                        // "Raspberry Pi 5, 8 GB"
  bool measured = false;                   // with bantam, on the machine; else published figures
  std::optional<std::string> measured_at;  // UTC, as base::utc_timestamp() gives it; where measured
  std::string source;
  std::optional<std::string> cpu;
  std::optional<std::int64_t> memory_bytes;  // of the machine
  int physical_cores = 1;
  std::string engine;  // that the rates are of
  std::optional<std::string> kernels;
  RatesOf rates_of = RatesOf::kernels;
  std::vector<ThreadsRate> threads;  // by rising number; the last is that of the other rates; may be empty
  std::vector<TypeRate> types;
  std::vector<AttentionFigure> attention;
  std::optional<std::int64_t> span_bytes;              // of weights that passed by until one was used again
  std::optional<double> theoretical_read_bytes_per_s;  // of the memory chips: no rate, for comparison
  std::optional<double> disk_bytes_per_s;              // one block after the other, in the cache folder
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  // of measuring

  // Of the rates; where the file does not tell, all cores.
  int rate_threads() const;
};

// What a file may be at most.
inline constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 20;

base::Json to_json(const DeviceRates& rates);
// The same rates again. bad_input, naming `what` and the member, for what is missing, of another type, not a
// positive number, or not known.
base::Result<DeviceRates> device_rates_from(std::string_view text, std::string_view what);

struct FoundDevice {
  DeviceRates rates;
  std::string from;      // the file, or the name that was given
  bool shipped = false;  // comes with bantam
};
// A name of known_devices(), in any case, or a file: what has a '/' or ends in .json is one. usage, with the
// nearest name, for neither; the errors of device_rates_from().
base::Result<FoundDevice> find_device(const std::string& name_or_file);

// Those that come with bantam (devices/*.json), by name. bad_input names the data file that is wrong.
base::Result<std::vector<FoundDevice>> known_devices();

}  // namespace bantam::predict
