#pragma once
// Numbers with units, for people. Machines get plain numbers in base units.

#include <cstdint>
#include <string>

namespace bantam::base {

// 7.1 MiB, 480 MiB, 3.4 GiB: three significant digits.
std::string format_bytes(double bytes);
// 512 µs, 14.2 ms, 3.50 s, 2 min 05 s.
std::string format_seconds(double seconds);
// 3.7 M, 1.24 B: counts of parameters.
std::string format_count(double count);
// A number with `digits` significant digits and no exponent.
std::string format_significant(double value, int digits = 3);

}  // namespace bantam::base
