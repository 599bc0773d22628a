#pragma once
// Whether the machine is plugged in. What a battery gave and what a wall meter saw mean nothing when that
// changed in between.

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "energy/number_file.hpp"

namespace bantam::energy {

enum class Supply : std::uint8_t { unknown, mains, battery };
std::string_view name(Supply supply);

struct SupplyChange {
  std::int64_t time_ns = 0;  // when it was first seen so
  Supply supply = Supply::unknown;
};

// The folders of /sys/class/power_supply that are batteries of this machine, not of a mouse or a headset.
std::vector<std::filesystem::path> battery_folders(const std::filesystem::path& sysfs);

class SupplyWatch {
 public:
  explicit SupplyWatch(const std::filesystem::path& sysfs);

  // mains as soon as one charger is online, also where the battery feeds the machine beside it. unknown where
  // there is no battery. Allocates nothing.
  Supply read() const;

 private:
  std::vector<SmallFile> online_;
  std::vector<SmallFile> status_;
};

}  // namespace bantam::energy
