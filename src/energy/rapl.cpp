// RAPL by /sys/class/powercap, of Intel's and AMD's processors. Newer kernels let only root read it, since a
// fine counter gives away what the processor works on.

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "device/kernel_files.hpp"
#include "energy/finders.hpp"
#include "energy/number_file.hpp"

namespace bantam::energy {
namespace fs = std::filesystem;
namespace {

constexpr double kUpdateS = 0.001;
constexpr double kLeastWindowS = 0.1;
constexpr double kJoulesOfMicro = 1e-6;

struct Zone {
  std::string interface;  // intel-rapl, intel-rapl-mmio
  std::string label;      // package-0, package-0:core, psys
  Scope scope = Scope::package;
  fs::path folder;
};

class Rapl final : public Source {
 public:
  Rapl(SourceFacts facts, const base::Clock& clock, const fs::path& counter)
      : Source(std::move(facts), clock), counter_(counter) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    const Number microjoules = counter_.read_number();
    return give(into, begin, microjoules.value * kJoulesOfMicro, microjoules.fault);
  }

 private:
  SmallFile counter_;
};

Scope scope_of(std::string_view label) {
  if (label.starts_with("package")) return Scope::package;
  if (label.starts_with("dram")) return Scope::dram;
  if (label.starts_with("psys")) return Scope::board;
  return Scope::package_part;
}

// A part is named behind its package: "package-0:core".
Zone zone_at(const fs::path& folder, const std::string& name) {
  Zone zone;
  zone.folder = folder / name;
  zone.interface = name.substr(0, name.find(':'));
  zone.label = device::read_text(zone.folder / "name").value_or(name);
  zone.scope = scope_of(zone.label);
  const std::size_t last = name.rfind(':');
  if (last != name.find(':')) {
    const auto parent = device::read_text(folder / name.substr(0, last) / "name");
    zone.label = fmt::format("{}:{}", parent.value_or(name.substr(0, last)), zone.label);
  }
  return zone;
}

std::optional<double> positive_number(const fs::path& file, double unit) {
  const Number number = SmallFile(file).read_number();
  if (number.fault != Fault::none || !(number.value > 0.0)) return std::nullopt;
  return number.value * unit;
}

// The registers of the processor come before the same counters by memory (intel-rapl-mmio).
std::vector<Zone> zones_in(const fs::path& folder) {
  std::vector<std::string> names = device::names_in(folder);
  std::ranges::stable_partition(names,
                                [](const std::string& name) { return name.find("-mmio") == name.npos; });
  std::vector<Zone> zones;
  for (const std::string& name : names) {
    if (!SmallFile(folder / name / "energy_uj").is_there()) continue;
    Zone zone = zone_at(folder, name);
    const auto same = std::ranges::find(zones, zone.label, &Zone::label);
    if (same != zones.end() && same->interface != zone.interface) continue;
    if (same != zones.end()) zone.label += fmt::format(" ({})", name);
    zones.push_back(std::move(zone));
  }
  return zones;
}

}  // namespace

void find_rapl(const Request& request, const base::Clock& clock, Found& found) {
  const fs::path folder = request.roots.sysfs / "class/powercap";
  const std::vector<Zone> zones = zones_in(folder);
  for (const Zone& zone : zones) {
    const fs::path counter = zone.folder / "energy_uj";
    SourceFacts facts;
    facts.kind = "rapl";
    facts.name = fmt::format("{}:{}", zone.interface, zone.label);
    facts.scope = zone.scope;
    facts.grade = device::Grade::b;
    facts.quantity = Quantity::joules;
    facts.unit = "uJ";
    facts.where = counter.string();
    if (!SmallFile(counter).is_readable()) {
      found.absent.push_back({facts.kind, facts.name, "energy", facts.unit, facts.grade, facts.where,
                              not_readable("run as root, or let a group read it")});
      continue;
    }
    facts.update_period_s = kUpdateS;
    facts.least_window_s = kLeastWindowS;
    facts.wraps_at_j = positive_number(zone.folder / "max_energy_range_uj", kJoulesOfMicro);
    facts.rated_w = positive_number(zone.folder / "constraint_0_max_power_uw", 1e-6);
    if (!facts.rated_w) facts.rated_w = positive_number(zone.folder / "constraint_0_power_limit_uw", 1e-6);
    found.present.push_back(std::make_unique<Rapl>(std::move(facts), clock, counter));
  }
  if (zones.empty()) {
    found.absent.push_back({"rapl", "rapl", "energy", "uJ", device::Grade::b, "",
                            "no energy counter in /sys/class/powercap (common in virtual machines)"});
  }
}

}  // namespace bantam::energy
