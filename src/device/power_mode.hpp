#pragma once
// What decides how much power this machine takes and how fast it may run, as far as it can be read. Nothing
// is changed.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/json.hpp"

namespace bantam::device {

struct PowerMode {
  std::optional<std::string> platform_profile;   // of the firmware: low-power, balanced, performance
  std::optional<std::string> energy_preference;  // of the CPUs; where they differ all that there are, "a, b"
  std::optional<std::string> nvpmodel;           // of a Jetson, with its name where one is told: "2 MODE_15W"
  std::optional<std::string> supply;             // "mains" or "battery"; absent without a battery
};

// `root` stands before /sys, /var and /etc. Adds to `absent` why a member is not known, as "power.supply".
PowerMode read_power_mode(const std::filesystem::path& root, std::map<std::string, std::string>& absent);

base::Json to_json(const PowerMode& mode);

}  // namespace bantam::device
