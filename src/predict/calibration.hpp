#pragma once
// What this machine can do at most: how fast it reads memory by the number of threads, multiplies matrices by
// weight type, starts operations, and reads its disk. All of it is measured anew, and kept for predictions.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "run/machine.hpp"

namespace bantam::predict {

// With so many threads. Absent: it could not be measured; a warning says why.
struct ThreadsRate {
  int threads = 1;
  std::optional<double> read_bytes_per_s;  // main memory
  std::optional<double> operation_s;       // to start and join an operation without work
};

// Of a weight type with all threads, through the engine, in the memory that holds weights as they are.
struct TypeRate {
  std::string type;  // "q4_K"
  double bits_per_weight = 0.0;
  std::optional<double> weight_bytes_per_s;  // with one column, as for a token
  std::optional<double> operations_per_s;    // with many columns, as for a prompt
};

struct Calibration {
  std::vector<ThreadsRate> threads;
  std::vector<TypeRate> types;
  std::optional<double> disk_bytes_per_s;  // one block after the other, in the cache folder
  std::vector<std::string> warnings;
};

// A few seconds for each rate. `on_phase` is told what is being measured. Errors are those of the cache
// folder.
base::Result<Calibration> calibrate(const run::Machine& machine,
                                    const std::function<void(const std::string&)>& on_phase);

base::Json to_json(const Calibration& calibration);

}  // namespace bantam::predict
