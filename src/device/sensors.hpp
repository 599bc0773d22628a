#pragma once
// Which sensors this machine has, and why others are missing. Knows nothing of how a reading is used; takes
// none.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace bantam::device {

// What only trying tells. Loads the library and lets go of it again.
bool library_loads(const char* name);

// Opens this thread's cycle counter (user mode) and closes it again.
bool cycle_counter_opens();

// How far an energy figure from a sensor can be trusted: A external meter, B hardware counter, C sampled
// power.
enum class Grade { a, b, c };
std::string_view name(Grade grade);

struct Sensor {
  std::string name;            // "intel-rapl:package-0", "thermal:x86_pkg_temp", ...
  std::string measures;        // "energy", "power", "temperature", "frequency", ...
  std::string unit;            // of what the source gives: "uJ", "mdegC", "kHz", ...
  std::optional<Grade> grade;  // of energy and power sources
  bool found = false;          // there, and this user may read it
  std::string source;          // the file or library; empty when there is none
  std::string reason;          // why it cannot be used; empty when found
};

// Every kind that the tool knows, at least one line each, found or not. `root` stands before /proc and /sys;
// libraries and performance counters are tried only when it is "/".
std::vector<Sensor> find_sensors(const std::filesystem::path& root = "/");

base::Json to_json(const Sensor& sensor);

}  // namespace bantam::device
