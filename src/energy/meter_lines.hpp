#pragma once
// What external meters write, line by line. Knows nothing of files and serial lines. Parsing a row allocates
// nothing.

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/result.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

// Which field of a row is what. Fields stand between commas, semicolons or tabs.
struct MeterColumns {
  // Unix time, or UTC as 2026-01-31T12:00:00.25Z; absent: a row is of the time at which it came.
  std::optional<std::size_t> time;
  double time_unit_s = 1.0;
  std::size_t value = 0;
  double value_unit = 1.0;  // of watts or joules
  Quantity quantity = Quantity::watts;
};

// By a head with names such as "time_s,power_w" (docs/energy.md has all); of several figures the first of
// power counts, else of energy. bad_input, naming what is known, when there is no figure of either.
base::Result<MeterColumns> parse_meter_head(std::string_view line);

// Whether the line cannot be a row: its first field begins with a letter.
bool is_meter_head(std::string_view line);

struct MeterRow {
  std::optional<double> unix_s;
  double value = 0.0;  // watts or joules
  Fault fault = Fault::none;
};

// Absent for an empty line and for a comment (#).
std::optional<MeterRow> parse_meter_row(std::string_view line, const MeterColumns& columns);

// A line of a meter without a head: "12.3", "12.3 W", "power_w=12.3", also among other pairs.
std::optional<MeterRow> parse_meter_words(std::string_view line);

}  // namespace bantam::energy
