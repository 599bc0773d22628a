#include "cli/device_page.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::cli {
namespace {

using base::Json;

class Lines {
 public:
  void heading(std::string_view text) { text_ += fmt::format("{}{}\n", text_.empty() ? "" : "\n", text); }
  void add(std::string_view label, const std::string& value) {
    text_ += fmt::format("  {:<18}  {}\n", label, base::printable(value));
  }
  template <typename T, typename Format>
  void add(std::string_view label, const std::optional<T>& value, Format format) {
    if (value) add(label, format(*value));
  }
  void add(std::string_view label, const std::optional<std::string>& value) {
    if (value) add(label, *value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

std::string hertz(double value) {
  return fmt::format("{:.2f} GHz", value / 1e9);
}

void add_cpu(Lines& lines, const device::Cpu& cpu) {
  lines.heading("CPU");
  lines.add("model", cpu.model);
  lines.add("architecture", cpu.architecture);
  lines.add("cores", fmt::format("{} physical, {} logical",
                                 cpu.physical_cores ? fmt::to_string(*cpu.physical_cores) : "?",
                                 cpu.logical_cpus ? fmt::to_string(*cpu.logical_cpus) : "?"));
  std::vector<std::string> caches;
  for (const auto& cache : cpu.caches) {
    caches.push_back(cache.count > 1 ? fmt::format("{} {} x {}", cache.name, bytes(cache.bytes), cache.count)
                                     : fmt::format("{} {}", cache.name, bytes(cache.bytes)));
  }
  if (!caches.empty()) lines.add("caches", base::join(caches, ", "));
  lines.add("features", base::join(cpu.features, " "));
  lines.add("frequency", cpu.max_hz, hertz);
  lines.add("governor", cpu.governor);
  lines.add("virtualized", cpu.virtualized, [](bool is) { return std::string(is ? "yes" : "no"); });
}

void add_memory(Lines& lines, const device::Facts& facts) {
  lines.heading("Memory");
  lines.add("total", facts.memory.total_bytes, bytes);
  lines.add("available", facts.memory.available_bytes, bytes);
  lines.add("swap", facts.memory.swap_bytes,
            [](std::int64_t b) { return b == 0 ? std::string("none") : bytes(b); });
  lines.add("NUMA nodes", facts.memory.numa_nodes, [](std::int64_t n) { return fmt::to_string(n); });
  lines.add("memory limit", facts.limits.memory_bytes, bytes);
  lines.add("CPU limit", facts.limits.cpus, [](double cpus) { return fmt::format("{:g} CPUs", cpus); });
  lines.add("allowed CPUs", facts.limits.allowed_cpus);
}

void add_system(Lines& lines, const device::Facts& facts) {
  lines.heading("System");
  lines.add("board", facts.system.board);
  lines.add("OS", facts.system.os);
  lines.add("kernel", facts.system.kernel);
  lines.add("disk", facts.disk.source);
  lines.add("file system", facts.disk.file_system);
  lines.add("free", facts.disk.free_bytes, bytes);
  if (facts.accelerators.empty()) {
    const auto reason = facts.absent.find("accelerators");
    lines.add("accelerators",
              "none: " + (reason == facts.absent.end() ? "no device shows itself" : reason->second));
  }
  for (const auto& accelerator : facts.accelerators) lines.add("accelerator", accelerator.name);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : base::to_text(value);
}

void add_engine(Lines& lines, const DevicePage& page) {
  lines.heading("Engine");
  for (const auto& [key, value] : page.engine.items()) {
    if (value.is_array()) {
      std::vector<std::string> parts;
      for (const Json& element : value) parts.push_back(text_of(element));
      lines.add(key, base::join(parts, " "));
    } else if (!value.is_object()) {
      lines.add(key, text_of(value));
    }
  }
  std::vector<std::string> good;
  for (const auto& [type, verdict] : page.kernels.by_type()) {
    if (verdict.fast)
      good.push_back(type);
    else
      lines.add("kernel " + type,
                fmt::format("{} ({})", verdict.plain ? "slow path only" : "unusable", verdict.reason));
  }
  lines.add("kernels tested ok", base::join(good, " "));
}

void add_sensors(Lines& lines, const std::vector<device::Sensor>& sensors) {
  lines.heading("Sensors");
  for (const auto& sensor : sensors) {
    const std::string grade = sensor.grade ? fmt::format(", grade {}", device::name(*sensor.grade)) : "";
    lines.add(sensor.name, sensor.found
                               ? fmt::format("found  {} in {}{}", sensor.measures, sensor.unit, grade)
                               : fmt::format("missing  {}: {}", sensor.measures, sensor.reason));
  }
}

}  // namespace

Json to_json(const DevicePage& page) {
  Json json = device::to_json(page.facts);
  json["engine"] = page.engine;
  json["kernels"] = Json::object();
  for (const auto& [type, verdict] : page.kernels.by_type()) {
    json["kernels"][type] = verdict.fast    ? "ok"
                            : verdict.plain ? "slow path only: " + verdict.reason
                                            : "unusable: " + verdict.reason;
  }
  json["sensors"] = Json::array();
  for (const auto& sensor : page.sensors) json["sensors"].push_back(device::to_json(sensor));
  return json;
}

std::string device_table(const DevicePage& page) {
  Lines lines;
  add_cpu(lines, page.facts.cpu);
  add_memory(lines, page.facts);
  add_system(lines, page.facts);
  add_engine(lines, page);
  add_sensors(lines, page.sensors);
  if (!page.facts.absent.empty()) {
    lines.heading("Not known");
    for (const auto& [fact, reason] : page.facts.absent) lines.add(fact, reason);
  }
  return lines.take();
}

}  // namespace bantam::cli
