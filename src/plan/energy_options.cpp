// The options of energy measurements (plan/option_sections.hpp).

#include <string>
#include <string_view>
#include <utility>

#include "plan/option_sections.hpp"
#include "plan/option_values.hpp"
#include "plan/options.hpp"

namespace bantam::plan {
namespace {

using namespace groups;

constexpr double kMostSeconds = 1e7;
constexpr double kMostWatts = 1e5;
constexpr double kMostGramsPerKwh = 1e4;
constexpr double kMostWattHours = 1e6;
constexpr double kSlowestHz = 0.01;
constexpr double kFastestHz = 1000.0;

}  // namespace

void add_energy(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::energy_settings;
  using S = EnergySettings;
  const auto add = [&all](std::string_view name, std::string_view metavar, std::string_view help,
                          Apply apply) {
    all.push_back({{name, "", text, kEnergy, metavar, help}, std::move(apply)});
  };
  add("energy_sample_runs", "N", "requests of all rounds [until the intervals are tight]",
      set_whole(section, &S::sample_runs, 1, 1'000'000));
  add("energy_seconds", "S", "time budget of a configuration's requests over all rounds, warm-up apart [60]",
      set_seconds(section, &S::seconds, 0.001, kMostSeconds));
  add("energy_idle", "S", "how long idle power is measured before and after each round; 0: not at all [5]",
      set_seconds(section, &S::idle_s, 0.0, kMostSeconds));
  add("energy_source", "NAME",
      "the sensor whose figures count: its name or kind, see `bantam device` [the best]",
      set_word(section, &S::source));
  add("energy_sample_rate", "HZ", "how often sensors are read per second [10]",
      set_real(section, &S::sample_rate_hz, kSlowestHz, kFastestHz));
  add("meter", "PATH",
      "an external meter: a CSV file that is being written, a serial line, or an http address",
      set_path(section, &S::meter));
  add("meter_field", "POINTER[:UNIT]",
      "where the figure is in what the address answers, as /PATH/TO/IT:mW [Shelly and Tasmota are known]",
      [](Plan& plan, std::string_view, const Values& values) -> Status {
        plan.energy_settings.meter_field = values.front();
        return {};
      });
  add("meter_baud", "N", "the speed of the serial line [9600]",
      set_whole(section, &S::meter_baud, 1, 10'000'000));
  add("tdp", "WATTS",
      "also an estimate: the processor draws this much, grade D, never mixed with what is measured",
      set_real(section, &S::tdp_w, 1e-3, kMostWatts));
  add("carbon_intensity", "G", "grams of CO2 per kWh of the grid: also tells grams per request",
      set_real(section, &S::carbon_g_per_kwh, 1e-3, kMostGramsPerKwh));
  add("battery_wh", "WH",
      "what the battery holds: also tells answers per charge [as the machine's battery says]",
      set_real(section, &S::battery_wh, 1e-3, kMostWattHours));
  add("sysfs_root", "DIR", "look for sensors below this folder, which holds sys and proc [/]",
      set_path(section, &S::sysfs_root));
}

}  // namespace bantam::plan
