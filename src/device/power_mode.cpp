#include "device/power_mode.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kLongestName = 64;

std::optional<std::string> preference_of_cpus(const fs::path& root) {
  std::set<std::string> preferences;
  const fs::path policies = root / "sys/devices/system/cpu/cpufreq";
  for (const std::string& policy : names_in(policies)) {
    const auto preference = read_text(policies / policy / "energy_performance_preference");
    if (preference && !preference->empty()) preferences.insert(*preference);
  }
  if (preferences.empty()) return std::nullopt;
  return base::join(std::vector(preferences.begin(), preferences.end()), ", ");
}

// The name of a mode in a line such as "< POWER_MODEL ID=2 NAME=MODE_15W >".
std::string name_of_mode(const fs::path& root, std::int64_t mode) {
  const std::string text = read_text(root / "etc/nvpmodel.conf").value_or("");
  for (const std::string& line : base::split(text, '\n')) {
    const std::vector<std::string_view> parts = words(line);
    if (parts.size() < 4 || parts[0] != "<" || parts[1] != "POWER_MODEL") continue;
    if (parts[2] != fmt::format("ID={}", mode) || !parts[3].starts_with("NAME=")) continue;
    return std::string(parts[3].substr(5, kLongestName));
  }
  return {};
}

// The status holds "pmode:0002", perhaps among other words.
std::optional<std::string> mode_of_jetson(const fs::path& root) {
  const std::string text = read_text(root / "var/lib/nvpmodel/status").value_or("");
  for (const std::string_view word : words(text)) {
    if (!word.starts_with("pmode:")) continue;
    const auto mode = base::parse_integer(word.substr(6));
    if (!mode) return std::nullopt;
    const std::string name = name_of_mode(root, *mode);
    return name.empty() ? fmt::format("{}", *mode) : fmt::format("{} {}", *mode, name);
  }
  return std::nullopt;
}

// As energy::SupplyWatch: mains as soon as one charger is online.
std::optional<std::string> supply_of(const fs::path& root) {
  const fs::path supplies = root / "sys/class/power_supply";
  bool has_battery = false, has_charger = false, is_online = false, is_discharging = false, is_full = false;
  for (const std::string& name : names_in(supplies)) {
    const fs::path folder = supplies / name;
    if (read_text(folder / "type") == "Battery") {
      if (read_text(folder / "scope") == "Device" || read_text(folder / "present") == "0") continue;
      has_battery = true;
      const std::string status = read_text(folder / "status").value_or("");
      is_discharging = is_discharging || status == "Discharging";
      is_full = is_full || status == "Charging" || status == "Full" || status == "Not charging";
    } else if (const auto online = read_integer(folder / "online")) {
      has_charger = true;
      is_online = is_online || *online > 0;
    }
  }
  if (!has_battery) return std::nullopt;
  if (is_online) return "mains";
  if (is_discharging || has_charger) return "battery";
  return is_full ? std::optional<std::string>("mains") : std::nullopt;
}

}  // namespace

PowerMode read_power_mode(const fs::path& root, std::map<std::string, std::string>& absent) {
  PowerMode mode;
  mode.platform_profile = read_text(root / "sys/firmware/acpi/platform_profile");
  mode.energy_preference = preference_of_cpus(root);
  mode.nvpmodel = mode_of_jetson(root);
  mode.supply = supply_of(root);
  if (!mode.platform_profile)
    absent["power.platform_profile"] = "the firmware offers none (/sys/firmware/acpi/platform_profile)";
  if (!mode.energy_preference)
    absent["power.energy_preference"] = "the cpufreq driver offers none (energy_performance_preference)";
  if (!mode.nvpmodel) absent["power.nvpmodel"] = "nvpmodel tells no mode: this is no Jetson";
  if (!mode.supply) absent["power.supply"] = "no battery in /sys/class/power_supply tells";
  return mode;
}

base::Json to_json(const PowerMode& mode) {
  base::Json json = base::Json::object();
  base::set_if(json, "platform_profile", mode.platform_profile);
  base::set_if(json, "energy_preference", mode.energy_preference);
  base::set_if(json, "nvpmodel", mode.nvpmodel);
  base::set_if(json, "supply", mode.supply);
  return json;
}

}  // namespace bantam::device
