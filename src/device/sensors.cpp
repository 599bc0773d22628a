#include "device/sensors.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "device/kernel_files.hpp"

namespace bantam::device {

bool library_loads(const char* name) {
  void* library = ::dlopen(name, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return false;
  ::dlclose(library);
  return true;
}

bool cycle_counter_opens() {
  perf_event_attr request{};
  request.type = PERF_TYPE_HARDWARE;
  request.size = sizeof request;
  request.config = PERF_COUNT_HW_CPU_CYCLES;
  request.disabled = 1;
  request.exclude_kernel = 1;
  request.exclude_hv = 1;
  const long counter = ::syscall(SYS_perf_event_open, &request, 0, -1, -1, 0UL);
  if (counter < 0) return false;
  ::close(static_cast<int>(counter));
  return true;
}

namespace fs = std::filesystem;
namespace {

bool readable(const fs::path& path) {
  return ::access(path.c_str(), R_OK) == 0;
}
bool is_there(const fs::path& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

// The kind as such, when no sensor of it is there.
Sensor missing(Sensor kind, std::string reason) {
  kind.found = false;
  kind.reason = std::move(reason);
  return kind;
}

Sensor at(Sensor kind, std::string name, const fs::path& file, const char* advice = "") {
  kind.name = std::move(name);
  kind.source = file.string();
  kind.found = readable(file);
  if (!kind.found) kind.reason = fmt::format("this user may not read it{}", advice);
  return kind;
}

void add_or(std::vector<Sensor>& all, std::vector<Sensor> found, const Sensor& kind, const char* reason) {
  if (found.empty()) found.push_back(missing(kind, reason));
  std::ranges::move(found, std::back_inserter(all));
}

void find_rapl(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"rapl", "energy", "uJ", Grade::b, false, "", ""};
  const fs::path folder = root / "sys/class/powercap";
  std::vector<Sensor> found;
  for (const std::string& zone : names_in(folder)) {
    const fs::path counter = folder / zone / "energy_uj";
    if (!is_there(counter)) continue;
    const std::string label = read_text(folder / zone / "name").value_or(zone);
    const std::string interface = zone.substr(0, zone.find(':'));  // intel-rapl, intel-rapl-mmio
    found.push_back(at(kind, interface + ":" + label, counter, ": run as root, or let a group read it"));
  }
  add_or(all, std::move(found), kind,
         "no energy counter in /sys/class/powercap (common in virtual machines)");
}

void find_nvml(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"nvml", "energy", "mJ", Grade::b, false, "", ""};
  if (root != "/") return all.push_back(missing(kind, "not tried: another root"));
  const char* library = "libnvidia-ml.so.1";
  if (!library_loads(library))
    return all.push_back(missing(kind, fmt::format("{} is not installed", library)));
  Sensor sensor = kind;
  sensor.found = true;
  sensor.source = library;
  all.push_back(std::move(sensor));
}

// Power monitors of Texas Instruments on boards (Jetson and others).
void find_power_monitors(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"hwmon_power", "power", "uW", Grade::c, false, "", ""};
  const fs::path folder = root / "sys/class/hwmon";
  std::vector<Sensor> found;
  for (const std::string& monitor : names_in(folder)) {
    const std::string chip = read_text(folder / monitor / "name").value_or("");
    for (const std::string& file : names_in(folder / monitor)) {
      const bool power = file.starts_with("power") && file.ends_with("_input");
      const bool current = chip.starts_with("ina") && file.starts_with("curr") && file.ends_with("_input");
      if (!power && !current) continue;
      const std::string channel = file.substr(0, file.find('_'));
      const std::string number = channel.substr(power ? 5 : 4);
      auto label = read_text(folder / monitor / (channel + "_label"));
      if (!label) label = read_text(folder / monitor / fmt::format("in{}_label", number));
      Sensor sensor =
          at(kind, fmt::format("hwmon:{}:{}", chip, label.value_or(channel)), folder / monitor / file);
      if (current) sensor.measures = "current";  // times the voltage of the same channel
      if (current) sensor.unit = "mA";
      found.push_back(std::move(sensor));
    }
  }
  add_or(all, std::move(found), kind, "no power monitor in /sys/class/hwmon");
}

void find_pmic(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"raspberry_pi_pmic", "power", "V and A per rail", Grade::c, false, "", ""};
  const std::string board = read_text(root / "proc/device-tree/model").value_or("");
  if (board.find("Raspberry Pi 5") == std::string::npos) {
    return all.push_back(missing(kind, "this is no Raspberry Pi 5"));
  }
  all.push_back(at(kind, kind.name, root / "dev/vcio", ": add it to the group video"));
}

void find_batteries(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"battery", "energy", "uWh", Grade::c, false, "", ""};
  const fs::path folder = root / "sys/class/power_supply";
  std::vector<Sensor> found;
  for (const std::string& supply : names_in(folder)) {
    if (read_text(folder / supply / "type") != "Battery") continue;
    const bool energy = is_there(folder / supply / "energy_now");
    if (!energy && !is_there(folder / supply / "charge_now")) continue;
    Sensor sensor = at(kind, "battery:" + supply, folder / supply / (energy ? "energy_now" : "charge_now"));
    if (!energy) sensor.measures = "charge";
    if (!energy) sensor.unit = "uAh";
    found.push_back(std::move(sensor));
  }
  add_or(all, std::move(found), kind, "no battery with a gauge in /sys/class/power_supply");
}

void find_thermal_zones(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"thermal", "temperature", "mdegC", {}, false, "", ""};
  const fs::path folder = root / "sys/class/thermal";
  std::vector<Sensor> found;
  for (const std::string& zone : names_in(folder)) {
    if (!zone.starts_with("thermal_zone")) continue;
    const std::string type = read_text(folder / zone / "type").value_or(zone);
    found.push_back(at(kind, "thermal:" + type, folder / zone / "temp"));
  }
  add_or(all, std::move(found), kind, "no zone in /sys/class/thermal (common in virtual machines)");
}

// A file that is either there for the whole machine or not.
void find_file(const fs::path& root, const Sensor& kind, const char* file, const char* reason,
               std::vector<Sensor>& all) {
  const fs::path path = root / file;
  all.push_back(is_there(path) ? at(kind, kind.name, path) : missing(kind, reason));
}

void find_performance_counters(const fs::path& root, std::vector<Sensor>& all) {
  const Sensor kind{"perf_events", "cycles, instructions, cache misses", "events", {}, false, "", ""};
  const fs::path switch_file = root / "proc/sys/kernel/perf_event_paranoid";
  const auto level = read_integer(switch_file);
  if (!level) return all.push_back(missing(kind, "the kernel has no performance events"));
  Sensor sensor = kind;
  sensor.source = switch_file.string();
  if (*level > 2) {
    return all.push_back(
        missing(sensor, fmt::format("perf_event_paranoid is {}; it must be at most 2", *level)));
  }
  if (root == "/" && !cycle_counter_opens()) {
    return all.push_back(
        missing(sensor, "the processor's counters cannot be opened (common in virtual machines)"));
  }
  sensor.found = true;
  all.push_back(std::move(sensor));
}

}  // namespace

std::string_view name(Grade grade) {
  switch (grade) {
    case Grade::a:
      return "A";
    case Grade::b:
      return "B";
    case Grade::c:
      return "C";
  }
  return "";
}

std::vector<Sensor> find_sensors(const fs::path& root) {
  std::vector<Sensor> all;
  find_rapl(root, all);
  find_nvml(root, all);
  find_power_monitors(root, all);
  find_pmic(root, all);
  find_batteries(root, all);
  find_thermal_zones(root, all);
  find_file(root, {"cpufreq", "frequency", "kHz", {}, false, "", ""},
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
            "no cpufreq under /sys/devices/system/cpu (common in virtual machines)", all);
  find_file(root, {"throttle_count", "thermal throttling", "events", {}, false, "", ""},
            "sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count",
            "the kernel counts no throttling on this processor", all);
  find_performance_counters(root, all);
  for (const char* resource : {"cpu", "memory", "io"}) {
    find_file(root, {fmt::format("pressure:{}", resource), "share of time stalled", "%", {}, false, "", ""},
              fmt::format("proc/pressure/{}", resource).c_str(),
              "the kernel keeps no pressure stall information", all);
  }
  return all;
}

base::Json to_json(const Sensor& sensor) {
  base::Json json = {{"name", sensor.name}, {"measures", sensor.measures}, {"unit", sensor.unit}};
  if (sensor.grade) json["grade"] = name(*sensor.grade);
  json["found"] = sensor.found;
  if (!sensor.source.empty()) json["source"] = sensor.source;
  if (!sensor.reason.empty()) json["reason"] = sensor.reason;
  return json;
}

}  // namespace bantam::device
