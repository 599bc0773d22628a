// Monitors under /sys/class/hwmon. A chip has channels: powerN_* in microwatts, currN_input in milliamperes
// with inN_input in millivolts, energyN_input in microjoules. What a channel feeds is known by the chip's
// name and the channel's label only.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "device/kernel_files.hpp"
#include "energy/finders.hpp"
#include "energy/number_file.hpp"

namespace bantam::energy {
namespace fs = std::filesystem;
namespace {

constexpr double kOfMicro = 1e-6;
constexpr double kUpdateS = 0.1;  // assumed where the chip does not tell
constexpr double kLeastWindowS = 5.0;
// Rails that all others of the board hang on, as Jetson boards name them.
constexpr auto kTotalRails = std::to_array<std::string_view>({"VDD_IN", "POM_5V_IN", "VIN"});
constexpr auto kIntelGpus = std::to_array<std::string_view>({"i915", "xe"});

struct Chip {
  fs::path folder;
  std::string name;
  double update_s = kUpdateS;
};

class PowerFile final : public Source {
 public:
  PowerFile(SourceFacts facts, const base::Clock& clock, const fs::path& power)
      : Source(std::move(facts), clock), power_(power) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    const Number microwatts = power_.read_number();
    return give(into, begin, microwatts.value * kOfMicro, microwatts.fault);
  }

 private:
  SmallFile power_;
};

// Millivolts times milliamperes.
class VoltageTimesCurrent final : public Source {
 public:
  VoltageTimesCurrent(SourceFacts facts, const base::Clock& clock, const fs::path& voltage,
                      const fs::path& current)
      : Source(std::move(facts), clock), voltage_(voltage), current_(current) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    const Number millivolts = voltage_.read_number();
    const Number milliamperes = current_.read_number();
    const Fault fault = millivolts.fault != Fault::none ? millivolts.fault : milliamperes.fault;
    return give(into, begin, millivolts.value * milliamperes.value * kOfMicro, fault);
  }

 private:
  SmallFile voltage_;
  SmallFile current_;
};

class EnergyFile final : public Source {
 public:
  EnergyFile(SourceFacts facts, const base::Clock& clock, const fs::path& energy)
      : Source(std::move(facts), clock), energy_(energy) {}

  std::size_t read(std::span<Reading> into) override {
    const std::int64_t begin = now_ns();
    const Number microjoules = energy_.read_number();
    return give(into, begin, microjoules.value * kOfMicro, microjoules.fault);
  }

 private:
  SmallFile energy_;
};

bool is_ina(const Chip& chip) {
  return chip.name.starts_with("ina");
}

Chip chip_at(const fs::path& folder) {
  Chip chip;
  chip.folder = folder;
  chip.name = device::read_text(folder / "name").value_or(folder.filename().string());
  for (const char* file : {"update_interval", "power1_average_interval"}) {
    const Number milliseconds = SmallFile(folder / file).read_number();
    if (milliseconds.fault == Fault::none && milliseconds.value > 0.0)
      chip.update_s = milliseconds.value * 1e-3;
  }
  return chip;
}

Scope scope_of(const Chip& chip, std::string_view label) {
  if (chip.name == "amdgpu") return Scope::gpu;
  if (chip.name.starts_with("power_meter")) return Scope::board;  // ACPI: the power supply of a server
  return is_ina(chip) && std::ranges::find(kTotalRails, label) != kTotalRails.end() ? Scope::board
                                                                                    : Scope::rail;
}

SourceFacts facts_of(const Chip& chip, const std::string& label, const fs::path& file) {
  SourceFacts facts;
  facts.kind = "hwmon_power";
  facts.name = fmt::format("hwmon:{}:{}", chip.name, label);
  facts.scope = scope_of(chip, label);
  facts.grade = device::Grade::c;
  facts.quantity = Quantity::watts;
  facts.unit = "uW";
  facts.where = file.string();
  facts.update_period_s = chip.update_s;
  facts.least_window_s = kLeastWindowS;
  return facts;
}

// Two chips of a board may be of one name and have channels of one label.
void make_unique(SourceFacts& facts, const Chip& chip, const Found& found) {
  const auto is_same = [&facts](const auto& name) { return name == facts.name; };
  const bool is_there =
      std::ranges::any_of(found.present, is_same, [](const auto& s) { return s->facts().name; }) ||
      std::ranges::any_of(found.absent, is_same, &AbsentSource::name);
  if (is_there) facts.name += fmt::format(" ({})", chip.folder.filename().string());
}

bool add_if_readable(SourceFacts& facts, const Chip& chip, const SmallFile& file, Found& found) {
  make_unique(facts, chip, found);
  if (file.is_readable()) return true;
  found.absent.push_back({facts.kind, facts.name, facts.quantity == Quantity::joules ? "energy" : "power",
                          facts.unit, facts.grade, facts.where,
                          not_readable("run as root, or let a group read it")});
  return false;
}

std::string label_of(const Chip& chip, const std::string& channel, std::string_view number) {
  auto label = device::read_text(chip.folder / (channel + "_label"));
  if (!label) label = device::read_text(chip.folder / fmt::format("in{}_label", number));
  return label.value_or(channel);
}

// powerN_average where there is one, else powerN_input.
bool find_power_files(const Chip& chip, const base::Clock& clock, Found& found) {
  bool any = false;
  for (int n = 1; n <= 16; ++n) {
    const std::string channel = fmt::format("power{}", n);
    fs::path file = chip.folder / (channel + "_average");
    if (!SmallFile(file).is_there()) file = chip.folder / (channel + "_input");
    if (!SmallFile(file).is_there()) continue;
    any = true;
    SourceFacts facts = facts_of(chip, label_of(chip, channel, fmt::to_string(n)), file);
    if (const Number cap = SmallFile(chip.folder / (channel + "_cap")).read_number(); cap.value > 0.0)
      facts.rated_w = cap.value * kOfMicro;
    if (add_if_readable(facts, chip, SmallFile(file), found))
      found.present.push_back(std::make_unique<PowerFile>(std::move(facts), clock, file));
  }
  return any;
}

// Channels of INA chips that give voltage and current. Where one of them is the total, the others are parts
// of it and are left out.
bool find_currents(const Chip& chip, const base::Clock& clock, Found& found) {
  struct Channel {
    std::string label;
    fs::path voltage, current;
  };
  std::vector<Channel> channels;
  for (int n = 1; n <= 16; ++n) {
    const fs::path voltage = chip.folder / fmt::format("in{}_input", n);
    const fs::path current = chip.folder / fmt::format("curr{}_input", n);
    if (!SmallFile(voltage).is_there() || !SmallFile(current).is_there()) continue;
    channels.push_back({label_of(chip, fmt::format("curr{}", n), fmt::to_string(n)), voltage, current});
  }
  const auto is_total = [](const Channel& channel) {
    return std::ranges::find(kTotalRails, channel.label) != kTotalRails.end();
  };
  const bool any = !channels.empty();
  if (std::ranges::any_of(channels, is_total)) std::erase_if(channels, std::not_fn(is_total));
  for (const auto& [label, voltage, current] : channels) {
    SourceFacts facts = facts_of(chip, label, current);
    facts.unit = "mV x mA";
    if (!add_if_readable(facts, chip, SmallFile(current), found)) continue;
    found.present.push_back(std::make_unique<VoltageTimesCurrent>(std::move(facts), clock, voltage, current));
  }
  return any;
}

// energy1_input is the card's, where there is one, else energy2_input the chip's.
bool find_intel_gpu(const Chip& chip, const base::Clock& clock, Found& found) {
  for (const char* channel : {"energy1", "energy2"}) {
    const fs::path file = chip.folder / fmt::format("{}_input", channel);
    if (!SmallFile(file).is_there()) continue;
    SourceFacts facts = facts_of(chip, label_of(chip, channel, "0"), file);
    facts.kind = "intel_gpu";
    facts.scope = Scope::gpu;
    facts.grade = device::Grade::b;
    facts.quantity = Quantity::joules;
    facts.unit = "uJ";
    if (const Number limit = SmallFile(chip.folder / "power1_max").read_number(); limit.value > 0.0)
      facts.rated_w = limit.value * kOfMicro;
    if (add_if_readable(facts, chip, SmallFile(file), found))
      found.present.push_back(std::make_unique<EnergyFile>(std::move(facts), clock, file));
    return true;
  }
  return false;
}

}  // namespace

void find_hwmon(const Request& request, const base::Clock& clock, Found& found) {
  const fs::path folder = request.roots.sysfs / "class/hwmon";
  bool has_power = false;
  bool has_intel_gpu = false;
  for (const std::string& name : device::names_in(folder)) {
    const Chip chip = chip_at(folder / name);
    if (std::ranges::find(kIntelGpus, chip.name) != kIntelGpus.end()) {
      has_intel_gpu = find_intel_gpu(chip, clock, found) || has_intel_gpu;
      continue;
    }
    const bool has_files = find_power_files(chip, clock, found);
    has_power = has_power || has_files;
    if (!has_files && is_ina(chip)) has_power = find_currents(chip, clock, found) || has_power;
  }
  if (!has_power) {
    found.absent.push_back({"hwmon_power", "hwmon_power", "power", "uW", device::Grade::c, "",
                            "no power monitor in /sys/class/hwmon"});
  }
  if (!has_intel_gpu) {
    found.absent.push_back({"intel_gpu", "intel_gpu", "energy", "uJ", device::Grade::b, "",
                            "no energy counter of an Intel GPU in /sys/class/hwmon"});
  }
}

}  // namespace bantam::energy
