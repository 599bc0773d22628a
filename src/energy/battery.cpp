// Batteries under /sys/class/power_supply. Two sources each: what the gauge says is left (energy_now, or
// charge_now times the voltage), a counter that moves every half minute or so; and the present power
// (power_now, or current_now times voltage_now). The kernel wants microamperes and the like; drivers of some
// phones give thousandths, and the sign of the current differs, so only its size is used, and only while
// nothing is plugged in.

#include <fmt/format.h>

#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

#include "device/kernel_files.hpp"
#include "energy/finders.hpp"
#include "energy/number_file.hpp"
#include "energy/supply.hpp"

namespace bantam::energy {
namespace fs = std::filesystem;
namespace {

constexpr double kOfMicro = 1e-6;
constexpr double kOfMilli = 1e-3;
constexpr double kJoulesPerWh = 3600.0;
constexpr double kGaugeUpdateS = 30.0;
constexpr double kGaugeLeastWindowS = 600.0;
constexpr double kPowerUpdateS = 1.0;  // assumed: fuel gauges average over about a second
constexpr double kPowerLeastWindowS = 30.0;
// Smaller figures are in thousandths: in millionths they would be batteries of less than 0.1 V, 0.1 Ah or 1
// Wh.
constexpr double kLeastMicrovolts = 100'000.0;
constexpr double kLeastMicroampereHours = 100'000.0;
constexpr double kLeastMicrowattHours = 1'000'000.0;
// A machine at work empties its battery in 15 minutes to 200 hours.
constexpr double kLeastRate = 0.005;
constexpr double kMostRate = 4.0;
constexpr double kMostMilliRate = 1.5;  // while the unit is not known

std::optional<double> positive(const fs::path& file) {
  const Number number = SmallFile(file).read_number();
  if (number.fault != Fault::none || !(number.value > 0.0)) return std::nullopt;
  return number.value;
}

// The first file of these that has a number above 0.
std::optional<double> positive_of(const fs::path& folder, std::initializer_list<const char*> files) {
  for (const char* file : files) {
    if (const auto number = positive(folder / file)) return number;
  }
  return std::nullopt;
}

double volts_of(double raw) {
  return raw * (raw < kLeastMicrovolts ? kOfMilli : kOfMicro);
}

// In which units a battery speaks, as its capacity tells, which does not change.
struct Battery {
  fs::path folder;
  std::optional<double> charge_unit;  // of a figure in Ah; absent where no capacity tells
  std::optional<double> energy_unit;  // of a figure in Wh
  std::optional<double> full_ah;
  std::optional<double> full_wh;
};

Battery battery_at(const fs::path& folder) {
  Battery battery;
  battery.folder = folder;
  if (const auto full = positive_of(folder, {"charge_full", "charge_full_design"})) {
    battery.charge_unit = *full < kLeastMicroampereHours ? kOfMilli : kOfMicro;
    battery.full_ah = *full * *battery.charge_unit;
  }
  if (const auto full = positive_of(folder, {"energy_full", "energy_full_design"})) {
    battery.energy_unit = *full < kLeastMicrowattHours ? kOfMilli : kOfMicro;
    battery.full_wh = *full * *battery.energy_unit;
  }
  const auto volts = positive_of(folder, {"voltage_min_design", "voltage_now", "voltage_max_design"});
  if (volts && battery.full_ah && !battery.full_wh) battery.full_wh = *battery.full_ah * volts_of(*volts);
  if (volts && battery.full_wh && !battery.full_ah) battery.full_ah = *battery.full_wh / volts_of(*volts);
  return battery;
}

// The joules that the battery has given since some time, by its gauge.
class Gauge final : public Source {
 public:
  // `unit`: of what the gauge says, in Wh or Ah.
  Gauge(SourceFacts facts, const base::Clock& clock, const Battery& battery, bool by_energy, double unit,
        SupplyWatch supply)
      : Source(std::move(facts), clock),
        left_(battery.folder / (by_energy ? "energy_now" : "charge_now")),
        voltage_(battery.folder / "voltage_now"),
        unit_(unit),
        by_energy_(by_energy),
        supply_(std::move(supply)) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    if (supply_.read() != Supply::battery) return give(into, begin, 0.0, Fault::on_mains);
    const Number left = left_.read_number();
    if (left.fault != Fault::none) return give(into, begin, 0.0, left.fault);
    double volts = 1.0;  // of watt-hours there is no voltage
    if (!by_energy_) {
      const Number raw = voltage_.read_number();
      if (raw.fault != Fault::none) return give(into, begin, 0.0, raw.fault);
      volts = volts_of(raw.value);
    }
    const double amount = left.value * unit_;
    // A step of charge left at the mean of the voltages at both its ends.
    if (last_amount_) given_j_ += (*last_amount_ - amount) * kJoulesPerWh * 0.5 * (last_volts_ + volts);
    last_amount_ = amount;
    last_volts_ = volts;
    return give(into, begin, given_j_, Fault::none);
  }

 private:
  SmallFile left_;
  SmallFile voltage_;
  double unit_;
  bool by_energy_;
  SupplyWatch supply_;
  std::optional<double> last_amount_;
  double last_volts_ = 1.0;
  double given_j_ = 0.0;
};

class BatteryPower final : public Source {
 public:
  BatteryPower(SourceFacts facts, const base::Clock& clock, const Battery& battery, bool by_power,
               SupplyWatch supply)
      : Source(std::move(facts), clock),
        flow_(battery.folder / (by_power ? "power_now" : "current_now")),
        voltage_(battery.folder / "voltage_now"),
        full_(by_power ? battery.full_wh : battery.full_ah),
        by_power_(by_power),
        supply_(std::move(supply)) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    if (supply_.read() != Supply::battery) return give(into, begin, 0.0, Fault::on_mains);
    const Number flow = flow_.read_number();
    if (flow.fault != Fault::none) return give(into, begin, 0.0, flow.fault);
    const double size = std::abs(flow.value);
    if (size == 0.0) return give(into, begin, 0.0, Fault::none);
    if (!unit_) unit_ = unit_of(size);
    if (!unit_ || size * *unit_ > kMostRate * *full_) return give(into, begin, 0.0, Fault::unit_unknown);
    double volts = 1.0;
    if (!by_power_) {
      const Number raw = voltage_.read_number();
      if (raw.fault != Fault::none) return give(into, begin, 0.0, raw.fault);
      volts = volts_of(raw.value);
    }
    return give(into, begin, size * *unit_ * volts, Fault::none);
  }

 private:
  // Millionths or thousandths: the one with which the battery would be empty after a possible time. Never
  // both, since the bounds are less than a factor of 1000 apart. Once told, it stays.
  std::optional<double> unit_of(double size) const {
    if (!full_) return std::nullopt;
    // What would be more than 1.5 charges per hour in thousandths is rather a small draw in millionths; too
    // small a one tells no unit.
    if (size * kOfMilli > kMostMilliRate * *full_) {
      const double rate = size * kOfMicro / *full_;
      return rate >= kLeastRate && rate <= kMostRate ? std::optional(kOfMicro) : std::nullopt;
    }
    for (const double unit : {kOfMicro, kOfMilli}) {
      const double rate = size * unit / *full_;
      if (rate >= kLeastRate && rate <= kMostRate) return unit;
    }
    return std::nullopt;
  }

  SmallFile flow_;
  SmallFile voltage_;
  std::optional<double> full_;
  bool by_power_;
  SupplyWatch supply_;
  std::optional<double> unit_;
};

SourceFacts facts_of(const fs::path& folder, const char* file) {
  SourceFacts facts;
  facts.name = "battery:" + folder.filename().string();
  facts.scope = Scope::battery;
  facts.grade = device::Grade::c;
  facts.where = (folder / file).string();
  return facts;
}

bool is_usable(const SourceFacts& facts, const SmallFile& file, Found& found) {
  if (file.is_readable()) return true;
  found.absent.push_back({facts.kind, facts.name, facts.quantity == Quantity::joules ? "energy" : "power",
                          facts.unit, facts.grade, facts.where, not_readable()});
  return false;
}

bool find_gauge(const Battery& battery, const Request& request, const base::Clock& clock, Found& found) {
  const SmallFile energy(battery.folder / "energy_now");
  const SmallFile charge(battery.folder / "charge_now");
  const bool by_energy = energy.is_there();
  if (!by_energy && !charge.is_there()) return false;
  SourceFacts facts = facts_of(battery.folder, by_energy ? "energy_now" : "charge_now");
  facts.kind = "battery";
  facts.quantity = Quantity::joules;
  facts.unit = by_energy ? "uWh" : "uAh";
  if (!is_usable(facts, by_energy ? energy : charge, found)) return true;
  const auto unit = by_energy ? battery.energy_unit : battery.charge_unit;
  const bool has_voltage = by_energy || SmallFile(battery.folder / "voltage_now").is_readable();
  if (!unit || !has_voltage) {
    found.absent.push_back({facts.kind, facts.name, "energy", facts.unit, facts.grade, facts.where,
                            has_voltage
                                ? "it does not tell its capacity, so the unit of what is left is not known"
                                : "it gives a charge and no voltage"});
    return true;
  }
  facts.update_period_s = kGaugeUpdateS;
  facts.least_window_s = kGaugeLeastWindowS;
  found.present.push_back(std::make_unique<Gauge>(std::move(facts), clock, battery, by_energy, *unit,
                                                  SupplyWatch(request.roots.sysfs)));
  return true;
}

bool find_power(const Battery& battery, const Request& request, const base::Clock& clock, Found& found) {
  const SmallFile power(battery.folder / "power_now");
  const SmallFile current(battery.folder / "current_now");
  const bool by_power = power.is_there();
  if (!by_power && !(current.is_there() && SmallFile(battery.folder / "voltage_now").is_there()))
    return false;
  SourceFacts facts = facts_of(battery.folder, by_power ? "power_now" : "current_now");
  facts.kind = "battery_power";
  facts.name += ":power";
  facts.quantity = Quantity::watts;
  facts.unit = by_power ? "uW" : "uA x uV";
  if (!is_usable(facts, by_power ? power : current, found)) return true;
  facts.update_period_s = kPowerUpdateS;
  facts.least_window_s = kPowerLeastWindowS;
  found.present.push_back(std::make_unique<BatteryPower>(std::move(facts), clock, battery, by_power,
                                                         SupplyWatch(request.roots.sysfs)));
  return true;
}

}  // namespace

void find_batteries(const Request& request, const base::Clock& clock, Found& found) {
  bool any = false;
  for (const fs::path& folder : battery_folders(request.roots.sysfs)) {
    const Battery battery = battery_at(folder);
    any = find_gauge(battery, request, clock, found) || any;
    any = find_power(battery, request, clock, found) || any;
  }
  if (!any) {
    found.absent.push_back({"battery", "battery", "energy", "uWh", device::Grade::c, "",
                            "no battery with a gauge in /sys/class/power_supply"});
  }
}

std::optional<double> battery_capacity_wh(const fs::path& sysfs) {
  std::optional<double> all;
  for (const fs::path& folder : battery_folders(sysfs)) {
    if (const auto full = battery_at(folder).full_wh) all = all.value_or(0.0) + *full;
  }
  return all;
}

}  // namespace bantam::energy
