#pragma once
// Which sensors this machine has, and why others are missing; those of energy and power are found by the room
// energy, and are listed in the same form. Knows nothing of how a reading is used; takes none.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace bantam::device {

// Opens this thread's cycle counter (user mode) and closes it again.
bool cycle_counter_opens();

// How far a figure of energy can be trusted: A external meter, B hardware counter, C sampled power, D
// estimate by a model. Better ones first.
enum class Grade { a, b, c, d };
std::string_view name(Grade grade);

struct Sensor {
  std::string name;            // "intel-rapl:package-0", "thermal:x86_pkg_temp", ...
  std::string measures;        // "energy", "power", "temperature", "frequency", ...
  std::string unit;            // of what the source gives: "uJ", "mdegC", "kHz", ...
  std::optional<Grade> grade;  // of energy and power sources
  bool found = false;          // there, and this user may read it
  std::string source;          // the file or library; empty when there is none
  std::string reason;          // why it cannot be used; empty when found
  std::string scope = {};      // what an energy or power source covers: "package", "board", ...; else empty
  std::optional<double> update_period_s = std::nullopt;  // of an energy or power source that tells
};

// Every kind but energy and power, at least one line each, found or not. `root` stands before /proc and /sys;
// performance counters are tried only when it is "/".
std::vector<Sensor> find_sensors(const std::filesystem::path& root = "/");

base::Json to_json(const Sensor& sensor);

}  // namespace bantam::device
