#pragma once
// What a sensor of energy or power gives, and what it covers. Knows nothing of how a sensor is read, nor of
// requests and tokens.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/sensors.hpp"

namespace bantam::energy {

// What the figure of a sensor covers. Scopes overlap: a board has its packages in it, a wall socket the
// board. Figures of different scopes are never added.
enum class Scope : std::uint8_t {
  package,       // a processor with its caches, without the memory modules
  package_part,  // cores or graphics within a package
  dram,          // memory modules
  gpu,
  rail,     // one supply rail, or a monitor whose place on the board is not known
  board,    // all that the board's supply feeds
  battery,  // all that the battery feeds
  wall,     // all behind an external meter
};
std::string_view name(Scope scope);

// joules: a counter that grows; only differences of it mean something. watts: the power at that time.
enum class Quantity : std::uint8_t { joules, watts };
std::string_view name(Quantity quantity);

// Why a reading has no value.
enum class Fault : std::uint8_t {
  none,
  unreadable,     // once; the next reading may be good
  malformed,      // once; what was read is no number
  not_a_number,   // NaN or infinite
  gone,           // the file, line or device is not there any more
  on_mains,       // a battery that feeds nothing, or not all
  unit_unknown,   // neither of the units that drivers use gives a possible figure
  clock_differs,  // the meter's time stamps are not of now
};
// "it could not be read", a whole clause.
std::string_view text(Fault fault);

struct Reading {
  std::int64_t time_ns = 0;  // of the clock that the source was given
  double value = 0.0;        // joules or watts; 0 where there is a fault
  Fault fault = Fault::none;
};

struct SourceFacts {
  std::string kind;  // "rapl": figures of one kind and one scope may be added (totals() in judged.hpp)
  std::string name;  // "intel-rapl:package-0"; no two sources have the same
  Scope scope = Scope::board;
  device::Grade grade = device::Grade::c;
  Quantity quantity = Quantity::watts;
  std::string unit;                       // of what the sensor gives: "uJ"
  std::string where;                      // file, program, or library and device
  std::optional<double> update_period_s;  // of the value behind it; absent: the readings tell
  bool repeats = false;  // a power that is read more often than it is new: equal readings are one value
  double least_window_s = 0.0;       // a shorter window says nothing; see also energy_between()
  double least_interval_s = 0.0;     // between two readings
  std::optional<double> wraps_at_j;  // where a counter starts anew from 0
  std::optional<double> rated_w;     // what the device may draw for long
};

// The readings of one source, in the order of time.
struct Trace {
  SourceFacts facts;
  std::vector<Reading> readings;
  double interval_s = 0.1;       // between two readings, as was asked for
  std::int64_t overwritten = 0;  // older readings for which there was no room
};

}  // namespace bantam::energy
