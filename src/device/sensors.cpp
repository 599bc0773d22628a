#include "device/sensors.hpp"

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

Sensor at(Sensor kind, std::string name, const fs::path& file) {
  kind.name = std::move(name);
  kind.source = file.string();
  kind.found = readable(file);
  if (!kind.found) kind.reason = "this user may not read it";
  return kind;
}

void add_or(std::vector<Sensor>& all, std::vector<Sensor> found, const Sensor& kind, const char* reason) {
  if (found.empty()) found.push_back(missing(kind, reason));
  std::ranges::move(found, std::back_inserter(all));
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
    case Grade::d:
      return "D";
  }
  return "";
}

std::vector<Sensor> find_sensors(const fs::path& root) {
  std::vector<Sensor> all;
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
  if (!sensor.scope.empty()) json["scope"] = sensor.scope;
  base::set_if(json, "update_period_s", sensor.update_period_s);
  json["found"] = sensor.found;
  if (!sensor.source.empty()) json["source"] = sensor.source;
  if (!sensor.reason.empty()) json["reason"] = sensor.reason;
  return json;
}

}  // namespace bantam::device
