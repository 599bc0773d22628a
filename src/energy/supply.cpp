#include "energy/supply.hpp"

#include <algorithm>

#include "device/kernel_files.hpp"

namespace bantam::energy {
namespace fs = std::filesystem;
namespace {

fs::path supplies(const fs::path& sysfs) {
  return sysfs / "class/power_supply";
}

}  // namespace

std::string_view name(Supply supply) {
  switch (supply) {
    case Supply::unknown:
      return "unknown";
    case Supply::mains:
      return "mains";
    case Supply::battery:
      return "battery";
  }
  return {};
}

std::vector<fs::path> battery_folders(const fs::path& sysfs) {
  std::vector<fs::path> folders;
  for (const std::string& name : device::names_in(supplies(sysfs))) {
    const fs::path folder = supplies(sysfs) / name;
    if (device::read_text(folder / "type") != "Battery") continue;
    if (device::read_text(folder / "scope") == "Device") continue;
    if (device::read_text(folder / "present") == "0") continue;
    folders.push_back(folder);
  }
  return folders;
}

SupplyWatch::SupplyWatch(const fs::path& sysfs) {
  const std::vector<fs::path> batteries = battery_folders(sysfs);
  for (const fs::path& folder : batteries) status_.emplace_back(folder / "status");
  for (const std::string& name : device::names_in(supplies(sysfs))) {
    const fs::path folder = supplies(sysfs) / name;
    if (device::read_text(folder / "type") == "Battery") continue;
    if (SmallFile(folder / "online").is_there()) online_.emplace_back(folder / "online");
  }
}

Supply SupplyWatch::read() const {
  if (status_.empty()) return Supply::unknown;
  bool has_charger = false;
  for (const SmallFile& file : online_) {
    const Number online = file.read_number();
    if (online.fault != Fault::none) continue;
    if (online.value > 0.0) return Supply::mains;
    has_charger = true;
  }
  bool charged = false;
  for (const SmallFile& file : status_) {
    const SmallText status = file.read();
    if (status.fault != Fault::none) continue;
    if (status.text() == "Discharging") return Supply::battery;
    charged =
        charged || status.text() == "Charging" || status.text() == "Full" || status.text() == "Not charging";
  }
  if (has_charger) return Supply::battery;
  return charged ? Supply::mains : Supply::unknown;
}

}  // namespace bantam::energy
