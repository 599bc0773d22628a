#include "predict/limits.hpp"

#include <algorithm>

#include "gguf/types.hpp"
#include "predict/peaks.hpp"

namespace bantam::predict {

std::optional<MachineLimits> find_limits(const engine::Peaks& peaks) {
  if (!peaks.read_bytes_per_s) return std::nullopt;
  MachineLimits limits{*peaks.read_bytes_per_s, 0.0};
  for (const engine::MatrixRate& rate : peaks.matrices) {
    const auto type = gguf::tensor_type(rate.type);
    if (!type || rate.columns < 2) continue;
    const double weights_per_byte =
        static_cast<double>(type->block_elements) / static_cast<double>(type->block_bytes);
    limits.operations_per_s = std::max(limits.operations_per_s, 2.0 * weights_per_byte * rate.bytes_per_s *
                                                                    static_cast<double>(rate.columns));
  }
  return limits.operations_per_s > 0.0 ? std::optional(limits) : std::nullopt;
}

std::optional<MachineLimits> kept_limits(const run::Machine& machine) {
  const auto peaks = kept_peaks(peaks_request(machine, machine.physical_cores));
  return peaks ? find_limits(*peaks) : std::nullopt;
}

}  // namespace bantam::predict
