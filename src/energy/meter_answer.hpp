#pragma once
// What meters answer over HTTP: where in the JSON the figure stands, and the figure. Knows nothing of HTTP.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "energy/number_file.hpp"
#include "energy/reading.hpp"

namespace bantam::energy {

struct MeterField {
  std::string form;     // "Shelly", "Tasmota"; "named" for one that the user names
  std::string pointer;  // a JSON pointer (RFC 6901): "/StatusSNS/ENERGY/Power"
  std::string valid;    // of a member that is false while there is no figure; empty: there is none
  Quantity quantity = Quantity::watts;
  std::string unit = "W";
  double of_unit = 1.0;  // watts or joules
};

// "/power/now" or "/energy:kWh". Units: W (without one), mW, J, Wh, kWh. usage for anything else.
base::Result<MeterField> parse_meter_field(std::string_view text);

// The field of a form that is known: Shelly's /rpc/Switch.GetStatus (apower, else aenergy.total), /meter/0
// and /status with one meter (power), Tasmota's Status 8 (ENERGY.Power). environment for another answer.
base::Result<MeterField> known_meter_field(const base::Json& answer);

// The figure in watts or joules, of a number or a text that is one. malformed where the answer is no JSON or
// lacks it, unreadable while the meter says that it has none.
Number meter_figure(std::string_view answer, const MeterField& field);

}  // namespace bantam::energy
