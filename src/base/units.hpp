#pragma once
// Numbers with units, for people. Machines get plain numbers in base units.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bantam::base {

// 7.1 MiB, 480 MiB, 3.4 GiB: three significant digits.
std::string format_bytes(double bytes);
// 512 µs, 14.2 ms, 3.50 s, 2 min 05 s.
std::string format_seconds(double seconds);
// 3.7 M, 1.24 B: counts of parameters.
std::string format_count(double count);
// A number with `digits` significant digits and no exponent.
std::string format_significant(double value, int digits = 3);

// "8GiB", "1.5 G", "500MB", "4096": KiB, MiB, GiB, TiB and K, M, G, T are powers of 1024, KB, MB, GB, TB of
// 1000; any case. Absent for anything else, and for what is negative or beyond 64 bits.
std::optional<std::int64_t> parse_bytes(std::string_view text);

// "90s", "1.5 min", "2h", "250ms"; a number alone is seconds. Absent for anything else and for what is
// negative.
std::optional<double> parse_seconds(std::string_view text);

}  // namespace bantam::base
