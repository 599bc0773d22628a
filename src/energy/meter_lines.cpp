#include "energy/meter_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "base/text.hpp"
#include "energy/number_file.hpp"

namespace bantam::energy {
namespace {

constexpr std::string_view kSeparators = ",;\t";

struct Name {
  std::string_view name;
  double unit;
};
constexpr auto kTimes = std::to_array<Name>({{"time_s", 1.0},
                                             {"unix_s", 1.0},
                                             {"timestamp_s", 1.0},
                                             {"time_ms", 1e-3},
                                             {"unix_ms", 1e-3},
                                             {"timestamp_ms", 1e-3},
                                             {"time", 1.0},
                                             {"timestamp", 1.0}});
constexpr auto kPowers = std::to_array<Name>({{"power_w", 1.0},
                                              {"watts", 1.0},
                                              {"w", 1.0},
                                              {"active_power_w", 1.0},
                                              {"power_mw", 1e-3},
                                              {"power", 1.0}});
constexpr auto kEnergies = std::to_array<Name>({{"energy_j", 1.0},
                                                {"joules", 1.0},
                                                {"j", 1.0},
                                                {"energy_wh", 3600.0},
                                                {"wh", 3600.0},
                                                {"energy_kwh", 3.6e6},
                                                {"kwh", 3.6e6}});

// The fields of a line, one after the other; quotes around one are dropped.
class Fields {
 public:
  explicit Fields(std::string_view line) : rest_(line) {}

  std::optional<std::string_view> next() {
    if (ended_) return std::nullopt;
    const std::size_t end = rest_.find_first_of(kSeparators);
    std::string_view field = base::trim(rest_.substr(0, end));
    ended_ = end == rest_.npos;
    if (!ended_) rest_.remove_prefix(end + 1);
    if (field.size() >= 2 && field.front() == '"' && field.back() == '"') {
      field.remove_prefix(1);
      field.remove_suffix(1);
    }
    return field;
  }

 private:
  std::string_view rest_;
  bool ended_ = false;
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(text, lower, {}, low);
}

template <std::size_t size>
const Name* named(const std::array<Name, size>& names, std::string_view field) {
  const auto found =
      std::ranges::find_if(names, [field](const Name& one) { return equals_ignoring_case(field, one.name); });
  return found == names.end() ? nullptr : &*found;
}

std::string_view without_unit(std::string_view number) {
  if (number.ends_with('W') || number.ends_with('w')) number.remove_suffix(1);
  return base::trim(number);
}

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return value;
}

// Unix time of "2026-01-31T12:00:00.25Z", or with a blank for the T; local times have no place here.
std::optional<double> utc_time(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::string_view fraction = text.substr(19, text.size() - 20);
  const Number part = fraction.empty() ? Number{} : parse_finite(fraction);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  const bool is_fraction = fraction.empty() || fraction.front() == '.';
  if (!date.ok() || !is_fraction || part.fault != Fault::none || *hour > 23 || *minute > 59 || *second > 60)
    return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  return 86'400.0 * static_cast<double>(days) + 3600.0 * *hour + 60.0 * *minute + *second + part.value;
}

std::optional<double> unix_time(std::string_view field, double unit_s) {
  const Number number = parse_finite(field);
  if (number.fault == Fault::none) return number.value * unit_s;
  return utc_time(field);
}

// "power_w=12.3" or "power:12.3".
std::optional<MeterRow> row_of_pair(std::string_view word) {
  const std::size_t at = word.find_first_of("=:");
  if (at == word.npos) return std::nullopt;
  const Name* power = named(kPowers, base::trim(word.substr(0, at)));
  if (power == nullptr) return std::nullopt;
  const Number number = parse_finite(without_unit(base::trim(word.substr(at + 1))));
  return MeterRow{std::nullopt, number.value * power->unit, number.fault};
}

}  // namespace

base::Result<MeterColumns> parse_meter_head(std::string_view line) {
  MeterColumns columns;
  std::optional<std::size_t> power, energy;
  double power_unit = 1.0, energy_unit = 1.0;
  Fields fields(line);
  std::size_t at = 0;
  for (auto field = fields.next(); field; field = fields.next(), ++at) {
    if (const Name* time = named(kTimes, *field); time != nullptr && !columns.time) {
      columns.time = at;
      columns.time_unit_s = time->unit;
    } else if (const Name* watts = named(kPowers, *field); watts != nullptr && !power) {
      power = at;
      power_unit = watts->unit;
    } else if (const Name* joules = named(kEnergies, *field); joules != nullptr && !energy) {
      energy = at;
      energy_unit = joules->unit;
    }
  }
  if (!power && !energy) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("no column of power or energy in '{}'", base::printable(line.substr(0, 120))),
        "name one power_w, watts, power_mw, energy_j or energy_wh, and the Unix time time_s");
  }
  columns.value = power ? *power : *energy;
  columns.value_unit = power ? power_unit : energy_unit;
  columns.quantity = power ? Quantity::watts : Quantity::joules;
  return columns;
}

bool is_meter_head(std::string_view line) {
  const auto first = Fields(line).next();
  return first && !first->empty() && is_letter(first->front()) &&
         parse_finite(*first).fault == Fault::malformed;
}

std::optional<MeterRow> parse_meter_row(std::string_view line, const MeterColumns& columns) {
  line = base::trim(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  MeterRow row;
  row.fault = Fault::malformed;  // until the figure was seen
  Fields fields(line);
  std::size_t at = 0;
  for (auto field = fields.next(); field; field = fields.next(), ++at) {
    if (columns.time == at) {
      row.unix_s = unix_time(*field, columns.time_unit_s);
    }
    if (columns.value == at) {
      const Number number = parse_finite(without_unit(*field));
      row.fault = number.fault;
      row.value = number.value * columns.value_unit;
    }
  }
  if (columns.time && !row.unix_s) row.fault = Fault::malformed;
  return row;
}

std::optional<MeterRow> parse_meter_words(std::string_view line) {
  line = base::trim(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  if (const Number alone = parse_finite(without_unit(line)); alone.fault != Fault::malformed)
    return MeterRow{std::nullopt, alone.value, alone.fault};
  while (!line.empty()) {
    const std::size_t end = std::min(line.find_first_of(" ,;\t"), line.size());
    if (const auto row = row_of_pair(line.substr(0, end))) return row;
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return MeterRow{std::nullopt, 0.0, Fault::malformed};
}

}  // namespace bantam::energy
