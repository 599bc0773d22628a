#pragma once
// Which sources of energy and power this machine has. One file a kind finds and reads them: rapl.cpp,
// nvml.cpp, hwmon.cpp, pmic.cpp, battery.cpp, meter.cpp, http_meter.cpp, tdp.cpp.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "device/sensors.hpp"
#include "energy/source.hpp"

namespace bantam::energy {

struct Roots {
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path proc = "/proc";
  std::string vcgencmd = "vcgencmd";               // a path, or a name on PATH
  std::string nvml_library = "libnvidia-ml.so.1";  // a path, or a name for dlopen(); empty: not tried
};
// All of them below one folder: sys, proc, usr/bin/vcgencmd, usr/lib/libnvidia-ml.so.1 (not tried where that
// file is not there). For "/" the defaults above.
Roots roots_under(const std::filesystem::path& folder);

struct Request {
  Roots roots;
  // An external meter: a CSV file that is being written, a serial line, or an address that answers with JSON
  // (docs/energy.md has the formats).
  std::optional<std::filesystem::path> meter;
  std::string meter_field;  // of an address, where the figure is: a JSON pointer and a unit; empty: as known
  int meter_baud = 9600;
  // Unix time when the clock reads 0, to place the meter's time stamps; absent: found out now.
  std::optional<double> unix_at_zero_s;
  std::string gpu;              // an index or a UUID as NVML has them; empty: all
  std::optional<double> tdp_w;  // also an estimate of this constant power, grade D; never by itself
};

// Every kind that the tool knows is there at least once, present or absent with its reason. Starts vcgencmd
// once on a Raspberry Pi 5, and asks a meter that is an address. usage for a meter, speed or power that
// cannot be meant, environment for an address that does not answer. The clock must outlive
// the sources.
base::Result<Found> find_sources(const Request& request, const base::Clock& clock);

// How a page lists them: in the order of find_sources(), what is present before what is absent of a kind, and
// what GPUs tell of their load behind their energy.
std::vector<device::Sensor> listing(const Found& found);

// What the batteries of the machine hold when full, in Wh; absent where none tells.
std::optional<double> battery_capacity_wh(const std::filesystem::path& sysfs);

}  // namespace bantam::energy
