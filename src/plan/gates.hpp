#pragma once
// The gates of a speed measurement as users set them: each has a name and a threshold above which a block
// does not count. Knows nothing of how the value is measured (measure/validity.hpp).

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"

namespace bantam::plan {

struct GateName {
  std::string_view name;
  std::string_view what;  // the value that is held against the threshold
  double most = 0.0;      // the largest threshold that makes sense
};
namespace gates {
inline constexpr std::string_view kSteal = "steal";
inline constexpr std::string_view kOthers = "others";
inline constexpr std::string_view kDrift = "drift";
inline constexpr std::string_view kPaging = "paging";
inline constexpr std::string_view kSwap = "swap";
inline constexpr std::string_view kPauses = "pauses";
inline constexpr std::string_view kThrottle = "throttle";
}  // namespace gates
inline constexpr std::array<GateName, 7> kGates{{
    {gates::kSteal, "share of the CPU time that the hypervisor took", 1.0},
    {gates::kOthers, "share of the CPU time that other programs took", 1.0},
    {gates::kDrift, "relative change of the CPU's speed", 10.0},
    {gates::kPaging, "page faults that waited for the disk after the warm-up", 1e12},
    {gates::kSwap, "pages read back from swap", 1e12},
    {gates::kPauses, "runs in which the machine slept, or the program was stopped or frozen", 1000.0},
    {gates::kThrottle, "times that the processor was throttled", 1e12},
}};

// A setting of the user's. `most` absent: the gate is off.
struct GateSetting {
  std::string name;
  std::optional<double> most;
};

// "paging=10" or "steal=off". usage, naming what is known, for anything else.
base::Result<GateSetting> gate_from(std::string_view flag, const std::string& text);
// As PerformanceSettings::gates keeps it.
std::string to_text(const GateSetting& setting);

// The last setting of this gate; absent: it is as it is by default.
std::optional<GateSetting> gate_setting(const PerformanceSettings& settings, std::string_view name);
// The names of the gates that are set off.
std::vector<std::string> gates_off(const PerformanceSettings& settings);

}  // namespace bantam::plan
