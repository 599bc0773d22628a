#include "hub/column_types.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "hub/ujson.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::array<std::string_view, 19> kNothing = {
    "",     "#N/A", "#N/A N/A", "#NA",  "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A",  "NA",       "NULL", "NaN",     "None",     "n/a",  "nan",  "null"};

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string_view without_plus(std::string_view text) {
  const bool is_signed = text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+';
  return is_signed ? text.substr(1) : text;
}

bool has_integer_form(std::string_view field) {
  std::string_view digits = without_blanks(field);
  if (!digits.empty() && (digits[0] == '-' || digits[0] == '+')) digits.remove_prefix(1);
  return !digits.empty() &&
         std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
}

template <class T>
std::optional<T> integer_in(std::string_view field) {
  const std::string_view text = without_plus(without_blanks(field));
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Absent for what pandas takes for no number. Beyond the range of a double: infinity or 0.
std::optional<double> number_in(std::string_view field) {
  const std::string_view text = without_plus(without_blanks(field));
  if (text.empty()) return std::nullopt;
  const double sign = text[0] == '-' ? -1.0 : 1.0;
  const std::string magnitude = base::ascii_lower(text[0] == '-' ? text.substr(1) : text);
  if (magnitude == "inf" || magnitude == "infinity") return sign * std::numeric_limits<double>::infinity();
  if (magnitude.find_first_not_of("0123456789.e+-") != std::string::npos) return std::nullopt;
  double value = 0;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (end != last || error == std::errc::invalid_argument) return std::nullopt;
  if (error != std::errc::result_out_of_range) return value;
  const auto exponent = magnitude.find("e-");
  return exponent == std::string::npos ? sign * std::numeric_limits<double>::infinity() : sign * 0.0;
}

std::optional<bool> boolean_in(const std::string& field) {
  const std::string lower = base::ascii_lower(field);
  if (lower == "true") return true;
  if (lower == "false") return false;
  return std::nullopt;
}

using Values = std::vector<Json*>;

enum class Kind { boolean, number, text, list, object };

std::optional<Kind> value_kind(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (value.is_boolean()) return Kind::boolean;
  if (value.is_number()) return Kind::number;
  if (value.is_string()) return Kind::text;
  return value.is_array() ? Kind::list : Kind::object;
}

bool is_beyond_int64(const Json& value) {
  return value.is_number_unsigned() &&
         value.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

void make_floats(const Values& values) {
  for (Json* value : values) *value = value->get<double>();
}

// The two digits at `at`, when they are at most `most`.
std::optional<unsigned> two_digits(std::string_view text, std::size_t at, unsigned most) {
  unsigned value = 0;
  if (at + 2 > text.size()) return std::nullopt;
  const char* first = text.data() + at;
  const auto [end, error] = std::from_chars(first, first + 2, value);
  if (error != std::errc{} || end != first + 2 || value > most) return std::nullopt;
  return value;
}

using Seconds = std::chrono::sys_seconds;

std::optional<Seconds> day_in(std::string_view text) {
  const auto century = two_digits(text, 0, 99);
  const auto year = two_digits(text, 2, 99);
  const auto month = two_digits(text, 5, 12);
  const auto day = two_digits(text, 8, 31);
  if (!century || !year || !month || !day || text[4] != '-' || text[7] != '-') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*century * 100 + *year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return Seconds(std::chrono::sys_days(date));
}

// "Z", "+02", "+0200", "+02:00": what is to be taken off for UTC.
std::optional<std::chrono::minutes> zone_in(std::string_view zone) {
  if (zone.empty() || zone == "Z") return std::chrono::minutes(0);
  if (zone[0] != '+' && zone[0] != '-') return std::nullopt;
  std::string digits(zone.substr(1));
  if (digits.size() == 5 && digits[2] == ':') digits.erase(2, 1);
  if (digits.size() != 2 && digits.size() != 4) return std::nullopt;
  const auto hours = two_digits(digits, 0, 23);
  const auto minutes = digits.size() == 4 ? two_digits(digits, 2, 59) : std::optional(0u);
  if (!hours || !minutes) return std::nullopt;
  const std::chrono::minutes shift(*hours * 60 + *minutes);
  return zone[0] == '-' ? -shift : shift;
}

// What Python prints of the datetime that pyarrow reads: YYYY-MM-DD, behind a blank or T also hh[:mm[:ss]],
// then perhaps a zone.
std::optional<std::string> time_text(std::string_view text) {
  if (text.size() < 10) return std::nullopt;
  auto time = day_in(text);
  if (!time) return std::nullopt;
  std::string_view clock = text.substr(10);
  if (!clock.empty()) {
    if (clock[0] != ' ' && clock[0] != 'T') return std::nullopt;
    clock.remove_prefix(1);
    const std::size_t zone_at = std::min(clock.find_first_of("Z+-"), clock.size());
    const auto zone = zone_in(clock.substr(zone_at));
    clock = clock.substr(0, zone_at);
    const std::size_t size = clock.size();
    const bool has_form = (size == 2 || size == 5 || size == 8) && (size < 5 || clock[2] == ':') &&
                          (size < 8 || clock[5] == ':');
    if (!zone || !has_form) return std::nullopt;
    const auto hours = two_digits(clock, 0, 23);
    const auto minutes = size >= 5 ? two_digits(clock, 3, 59) : std::optional(0u);
    const auto seconds = size >= 8 ? two_digits(clock, 6, 59) : std::optional(0u);
    if (!hours || !minutes || !seconds) return std::nullopt;
    *time +=
        std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) - *zone;
  }
  const auto days = std::chrono::floor<std::chrono::days>(*time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss of_day(*time - days);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     of_day.hours().count(), of_day.minutes().count(), of_day.seconds().count());
}

void make_times(const Values& values) {
  std::vector<std::string> times;
  for (const Json* value : values) {
    auto time = time_text(value->get_ref<const std::string&>());
    if (!time) return;
    times.push_back(*std::move(time));
  }
  for (std::size_t i = 0; i < values.size(); ++i) *values[i] = std::move(times[i]);
}

Values all_elements(const Values& lists) {
  Values elements;
  for (Json* list : lists) {
    for (Json& element : *list) elements.push_back(&element);
  }
  return elements;
}

std::set<std::string> all_keys(const Values& objects) {
  std::set<std::string> keys;
  for (const Json* object : objects) {
    for (const auto& [key, value] : object->items()) keys.insert(key);
  }
  return keys;
}

Values members(const Values& objects, const std::string& key) {
  Values values;
  for (Json* object : objects) {
    if (object->contains(key)) values.push_back(&(*object)[key]);
  }
  return values;
}

// The values that are not null, when they are of one kind.
std::optional<std::pair<Kind, Values>> of_one_kind(const Values& values) {
  std::optional<Kind> kind;
  Values present;
  for (Json* value : values) {
    const auto own = value_kind(*value);
    if (!own) continue;
    if (kind && *kind != *own) return std::nullopt;
    kind = own;
    present.push_back(value);
  }
  if (!kind) return std::nullopt;
  return std::pair(*kind, std::move(present));
}

bool has_floats(const Values& numbers) {
  return std::any_of(numbers.begin(), numbers.end(),
                     [](const Json* value) { return value->is_number_float() || is_beyond_int64(*value); });
}

// What is done with the values, none of them null, that stand at one place of all rows.
struct Visitor {
  std::function<void(const Values&)> numbers = [](const Values&) {};
  std::function<void(const Values&)> texts = [](const Values&) {};
  std::function<void(const Values&)> mixed = [](const Values&) {};
};

void visit(const Values& values, const Visitor& visitor) {
  const auto found = of_one_kind(values);
  if (!found) {
    Values present;
    std::copy_if(values.begin(), values.end(), std::back_inserter(present),
                 [](const Json* value) { return !value->is_null(); });
    if (!present.empty()) visitor.mixed(present);
    return;
  }
  const auto& [kind, present] = *found;
  switch (kind) {
    case Kind::boolean:
      return;
    case Kind::number:
      return visitor.numbers(present);
    case Kind::text:
      return visitor.texts(present);
    case Kind::list: {
      const Values elements = all_elements(present);
      if (elements.empty() || !elements.front()->is_null()) return visit(elements, visitor);
      Visitor without_times = visitor;  // Arrow finds no times behind a null
      without_times.texts = [](const Values&) {};
      return visit(elements, without_times);
    }
    case Kind::object:
      break;
  }
  const std::set<std::string> keys = all_keys(present);
  const bool alike = std::all_of(present.begin(), present.end(),
                                 [&](const Json* object) { return object->size() == keys.size(); });
  if (!alike) return visitor.mixed(present);
  for (const std::string& key : keys) visit(members(present, key), visitor);
}

// A value of datasets' type Json. A text that is JSON itself counts as what it stands for.
void make_json_value(Json& value) {
  if (!value.is_string()) return write_and_read_floats(value);
  if (auto meant = read_ujson(value.get_ref<const std::string&>())) value = *std::move(meant);
}

// Gives objects at one place each other's keys, with null.
void fill_keys(const Values& values) {
  const auto found = of_one_kind(values);
  if (!found) return;
  const auto& [kind, present] = *found;
  if (kind == Kind::list) return fill_keys(all_elements(present));
  if (kind != Kind::object) return;
  for (const std::string& key : all_keys(present)) {
    for (Json* object : present) {
      if (!object->contains(key)) (*object)[key] = nullptr;
    }
    fill_keys(members(present, key));
  }
}

// Integers of a column with null are floats in pandas for a while.
void pass_through_floats(const Values& integers) {
  constexpr double kBound = 9.2e18;
  for (Json* value : integers) {
    const double number = value->get<double>();
    if (std::abs(number) < kBound) *value = static_cast<std::int64_t>(number);
  }
}

bool names_a_date(const std::string& column) {
  const std::string lower = base::ascii_lower(column);
  return lower.ends_with("_at") || lower.ends_with("_time") || lower == "modified" || lower == "date" ||
         lower == "datetime" || lower.starts_with("timestamp");
}

// `place` names the values in messages; `is_column`: they are a column's own, not of its lists or objects.
base::Status settle_in_field(const Values& values, const std::string& place, bool is_column) {
  const auto found = of_one_kind(values);
  if (!found) {
    const bool all_null =
        std::all_of(values.begin(), values.end(), [](const Json* one) { return one->is_null(); });
    if (all_null) return {};
    return base::fail(ErrorKind::bad_input, fmt::format("{} holds values of different kinds", place),
                      "lm-eval cannot read such a column behind `field`; give it one type");
  }
  const auto& [kind, present] = *found;
  switch (kind) {
    case Kind::boolean:
    case Kind::text:
      return {};
    case Kind::number: {
      const bool all_unsigned = is_column && present.size() == values.size() &&
                                std::all_of(present.begin(), present.end(),
                                            [](const Json* value) { return value->is_number_unsigned(); });
      if (all_unsigned) return {};
      const bool all_whole = is_column && std::all_of(present.begin(), present.end(), [](const Json* value) {
                               const double number = value->get<double>();
                               return std::abs(number) < 9.2e18 && number == std::floor(number);
                             });
      if (!has_floats(present)) {
        if (is_column && present.size() < values.size()) pass_through_floats(present);
        return {};
      }
      for (Json* value : present) {
        const double number = value->get<double>();
        *value = all_whole ? Json(static_cast<std::int64_t>(number)) : Json(number);
      }
      return {};
    }
    case Kind::list:
      return settle_in_field(all_elements(present), place, false);
    case Kind::object:
      break;
  }
  for (const std::string& key : all_keys(present)) {
    for (Json* object : present) {
      if (!object->contains(key)) (*object)[key] = nullptr;
    }
    TRY(settle_in_field(members(present, key), place, false));
  }
  return {};
}

Values pointers(std::vector<Json>& rows) {
  Values all;
  for (Json& row : rows) all.push_back(&row);
  return all;
}

}  // namespace

Result<std::vector<Json>> typed_column(std::vector<std::string> fields) {
  const auto is_null = [](const std::string& field) {
    return std::find(kNothing.begin(), kNothing.end(), field) != kNothing.end();
  };
  const auto all = [&](auto fits) {
    return std::all_of(fields.begin(), fields.end(),
                       [&](const std::string& field) { return is_null(field) || fits(field); });
  };
  const auto converted = [&](auto convert) {
    std::vector<Json> values;
    for (std::string& field : fields) values.push_back(is_null(field) ? Json() : Json(convert(field)));
    return values;
  };
  const bool has_null = std::any_of(fields.begin(), fields.end(), is_null);
  if (all(has_integer_form)) {
    if (all([](const std::string& field) { return integer_in<std::int64_t>(field).has_value(); })) {
      if (has_null)
        return converted(
            [](const std::string& field) { return static_cast<double>(*integer_in<std::int64_t>(field)); });
      return converted([](const std::string& field) { return *integer_in<std::int64_t>(field); });
    }
    const auto is_unsigned = [](const std::string& field) {
      return integer_in<std::uint64_t>(field).has_value();
    };
    if (!has_null && all(is_unsigned))
      return converted([](const std::string& field) { return *integer_in<std::uint64_t>(field); });
    if (all([&](const std::string& field) {
          return is_unsigned(field) || integer_in<std::int64_t>(field);
        })) {
      // pandas falls back to the texts as they stand, those for null, too.
      return std::vector<Json>(std::make_move_iterator(fields.begin()),
                               std::make_move_iterator(fields.end()));
    }
    return base::fail(ErrorKind::bad_input, "an integer is beyond 64 bits",
                      "lm-eval cannot read such a column; write the numbers as texts, or in a JSON file");
  }
  if (all([](const std::string& field) { return number_in(field).has_value(); }))
    return converted([](const std::string& field) { return *number_in(field); });
  if (all([](const std::string& field) { return boolean_in(field).has_value(); }))
    return converted([](const std::string& field) { return *boolean_in(field); });
  return converted([](std::string& field) { return std::move(field); });
}

void settle_types(std::vector<Json>& rows, JsonFile file) {
  const Values all = pointers(rows);
  const std::set<std::string> columns = all_keys(all);
  if (file.has_blank_lines) {
    for (const std::string& column : columns) fill_keys(members(all, column));
  }
  const auto visit_columns = [&](const Visitor& visitor) {
    for (const std::string& column : columns) visit(members(all, column), visitor);
  };
  Values mixed;
  Visitor search;
  search.mixed = [&](const Values& values) { mixed.insert(mixed.end(), values.begin(), values.end()); };
  visit_columns(search);
  if (file.is_array || !mixed.empty()) {
    for (Json& row : rows) write_floats(row);
  }
  Visitor settle;
  settle.numbers = [](const Values& numbers) {
    if (has_floats(numbers)) make_floats(numbers);
  };
  settle.texts = make_times;
  visit_columns(settle);
  for (Json* value : mixed) make_json_value(*value);
}

base::Status settle_field_types(std::vector<Json>& rows) {
  for (Json& row : rows) write_and_read_floats(row);
  const Values all = pointers(rows);
  for (const std::string& column : all_keys(all)) {
    const Values values = members(all, column);
    const bool is_dated =
        names_a_date(column) && std::any_of(values.begin(), values.end(), [](const Json* value) {
          return value->is_string() || value->is_number();
        });
    if (is_dated) {
      return base::fail(ErrorKind::bad_input,
                        fmt::format("column '{}' behind `field` would be read as dates", column),
                        "not supported: give the column another name, or put the rows into a .jsonl file");
    }
    TRY(settle_in_field(values, fmt::format("column '{}'", column), true));
  }
  return {};
}

}  // namespace bantam::hub
