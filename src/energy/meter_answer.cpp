#include "energy/meter_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using base::Json;

constexpr std::size_t kLongestPointer = 500;

struct MeterUnit {
  std::string_view name;
  Quantity quantity;
  double size;  // watts or joules
};
constexpr auto kUnits = std::to_array<MeterUnit>({{"W", Quantity::watts, 1.0},
                                                  {"mW", Quantity::watts, 1e-3},
                                                  {"J", Quantity::joules, 1.0},
                                                  {"Wh", Quantity::joules, 3600.0},
                                                  {"kWh", Quantity::joules, 3.6e6}});

struct KnownForm {
  const char* form;
  const char* pointer;
  const char* valid;  // a member that this form always has
  const char* unit;
};
// Power before energy.
constexpr auto kForms = std::to_array<KnownForm>({{"Shelly", "/apower", "", "W"},
                                                  {"Shelly", "/aenergy/total", "", "Wh"},
                                                  {"Shelly", "/power", "/is_valid", "W"},
                                                  {"Shelly", "/meters/0/power", "/meters/0/is_valid", "W"},
                                                  {"Tasmota", "/StatusSNS/ENERGY/Power", "", "W"}});

const MeterUnit* unit_named(std::string_view name) {
  const auto found = std::ranges::find(kUnits, name, &MeterUnit::name);
  return found == kUnits.end() ? nullptr : &*found;
}

MeterField field_of(std::string form, std::string pointer, std::string valid, const MeterUnit& unit) {
  return {std::move(form), std::move(pointer),     std::move(valid),
          unit.quantity,   std::string(unit.name), unit.size};
}

// nullptr where there is no such member. The pointer is a good one.
const Json* member_at(const Json& json, const std::string& pointer) {
  try {
    const Json::json_pointer path(pointer);
    return json.contains(path) ? &json.at(path) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

bool is_pointer(const std::string& text) {
  if (text.empty() || text.front() != '/' || text.size() > kLongestPointer) return false;
  try {
    static_cast<void>(Json::json_pointer(text));
    return true;
  } catch (const Json::exception&) {
    return false;
  }
}

Number number_of(const Json& value) {
  if (value.is_string()) return parse_finite(base::trim(value.get_ref<const std::string&>()));
  if (!value.is_number()) return {0.0, Fault::malformed};
  const double number = value.get<double>();
  return std::isfinite(number) ? Number{number, Fault::none} : Number{0.0, Fault::not_a_number};
}

}  // namespace

base::Result<MeterField> parse_meter_field(std::string_view text) {
  // Names of members may have colons of their own: "/switch:0/apower".
  const std::size_t colon = text.rfind(':');
  const bool has_unit = colon != text.npos && text.find('/', colon) == text.npos;
  const std::string pointer(has_unit ? text.substr(0, colon) : text);
  const MeterUnit* unit = unit_named(has_unit ? text.substr(colon + 1) : "W");
  if (unit == nullptr || !is_pointer(pointer)) {
    return base::fail(
        ErrorKind::usage,
        fmt::format("--meter-field: '{}' is {}", base::printable(text.substr(0, 120)),
                    unit == nullptr ? "in no unit that is known" : "no JSON pointer"),
        "write the way to the figure and its unit: /emeter/power:mW; units are W, mW, J, Wh and "
        "kWh");
  }
  return field_of("named", pointer, "", *unit);
}

base::Result<MeterField> known_meter_field(const Json& answer) {
  const Json* meters = member_at(answer, "/meters");
  if (meters != nullptr && meters->is_array() && meters->size() > 1) {
    return base::fail(ErrorKind::environment, fmt::format("its answer has {} meters", meters->size()),
                      "name one: --meter-field /meters/0/power");
  }
  for (const KnownForm& form : kForms) {
    const Json* figure = member_at(answer, form.pointer);
    if (figure == nullptr || !figure->is_number()) continue;
    if (*form.valid != '\0' && member_at(answer, form.valid) == nullptr) continue;
    return field_of(form.form, form.pointer, form.valid, *unit_named(form.unit));
  }
  return base::fail(ErrorKind::environment, "its answer has no figure of a form that is known",
                    "say where the figure is: --meter-field /PATH/TO/IT:W");
}

Number meter_figure(std::string_view answer, const MeterField& field) {
  const auto json = base::parse_json(answer, "the meter's answer");
  if (!json) return {0.0, Fault::malformed};
  if (!field.valid.empty()) {
    const Json* valid = member_at(*json, field.valid);
    if (valid != nullptr && *valid == false) return {0.0, Fault::unreadable};
  }
  const Json* figure = member_at(*json, field.pointer);
  if (figure == nullptr) return {0.0, Fault::malformed};
  const Number number = number_of(*figure);
  return {number.value * field.of_unit, number.fault};
}

}  // namespace bantam::energy
