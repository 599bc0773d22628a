#pragma once
// Do the CPU kernels for a weight type compute what they should? On some machines they give garbage or end
// the process (an instruction set that is advertised but not there), so this runs in a process that may die.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::engine {

// One multiplication.
struct KernelTrial {
  std::string buffer;  // buffer type that held the weights: "CPU", "CPU_REPACK", "AMX", ...
  int columns = 0;     // 1 as in decode, more as in prefill
  int threads = 0;
  double error =
      0.0;  // largest error of an element / root mean square of the exact elements; infinite if not finite
};

struct SelfTest {
  std::string type;  // ggml's name: "q4_0"
  bool ok = false;
  std::string reason;  // which trial failed, and by how much; empty when ok
  std::vector<KernelTrial> trials;
};

// Largest KernelTrial::error that passes. The kernels round the other operand to 8 bits, in steps of 1/127 of
// its largest value: on numbers uniform in [-1, 1] that is a noise of 0.4 % of the result. The bound is 12
// times that; a wrong element is off by about 1.
inline constexpr double kKernelErrorBound = 0.05;

// Multiplies a small matrix of this type with vectors, and compares with double precision on the dequantized
// weights. With `extra_buffers` the weights are rearranged for faster kernels wherever a buffer type takes
// them, as in a model that is opened with repacking. Takes a few milliseconds. bad_input when ggml does not
// know the type.
base::Result<SelfTest> test_kernels(const std::string& ggml_type_name, bool extra_buffers);

// The buffer that rearranges weights of this type for faster kernels, as a model is loaded: the first that
// takes them. Absent where none does, or ggml does not know the type. Computes nothing.
std::optional<std::string> rearranging_buffer(const std::string& ggml_type_name);

// {"type", "ok", "reason", "trials": [{"buffer", "columns", "threads", "error"}]}; no error where it is
// infinite.
base::Json to_json(const SelfTest& test);

}  // namespace bantam::engine
