#include "report/device_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/units.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Facts;

std::string bytes(std::int64_t count) {
  return base::format_bytes(static_cast<double>(count));
}

std::string hertz(double value) {
  return fmt::format("{:.2f} GHz", value / 1e9);
}

Facts cpu_facts(const device::Cpu& cpu) {
  Facts rows{"CPU", {}};
  rows.add("model", cpu.model);
  rows.add("architecture", cpu.architecture);
  rows.add("cores", fmt::format("{} physical, {} logical",
                                cpu.physical_cores ? fmt::to_string(*cpu.physical_cores) : "?",
                                cpu.logical_cpus ? fmt::to_string(*cpu.logical_cpus) : "?"));
  std::vector<std::string> caches;
  for (const auto& cache : cpu.caches) {
    caches.push_back(cache.count > 1 ? fmt::format("{} {} x {}", cache.name, bytes(cache.bytes), cache.count)
                                     : fmt::format("{} {}", cache.name, bytes(cache.bytes)));
  }
  if (!caches.empty()) rows.add("caches", base::join(caches, ", "));
  rows.add("features", base::join(cpu.features, " "));
  rows.add("frequency", cpu.max_hz, hertz);
  rows.add("governor", cpu.governor);
  rows.add("virtualized", cpu.virtualized, [](bool is) { return std::string(is ? "yes" : "no"); });
  return rows;
}

Facts memory_facts(const device::Facts& facts) {
  Facts rows{"Memory", {}};
  rows.add("total", facts.memory.total_bytes, bytes);
  rows.add("available", facts.memory.available_bytes, bytes);
  rows.add("swap", facts.memory.swap_bytes,
           [](std::int64_t b) { return b == 0 ? std::string("none") : bytes(b); });
  rows.add("NUMA nodes", facts.memory.numa_nodes, [](std::int64_t n) { return fmt::to_string(n); });
  rows.add("memory limit", facts.limits.memory_bytes, bytes);
  rows.add("CPU limit", facts.limits.cpus, [](double cpus) { return fmt::format("{:g} CPUs", cpus); });
  rows.add("allowed CPUs", facts.limits.allowed_cpus);
  return rows;
}

Facts system_facts(const device::Facts& facts) {
  Facts rows{"System", {}};
  rows.add("board", facts.system.board);
  rows.add("OS", facts.system.os);
  rows.add("kernel", facts.system.kernel);
  rows.add("power profile", facts.power.platform_profile);
  rows.add("CPU preference", facts.power.energy_preference);
  rows.add("nvpmodel", facts.power.nvpmodel);
  rows.add("supply", facts.power.supply);
  rows.add("disk", facts.disk.source);
  rows.add("file system", facts.disk.file_system);
  rows.add("free", facts.disk.free_bytes, bytes);
  if (facts.accelerators.empty()) {
    const auto reason = facts.absent.find("accelerators");
    rows.add("accelerators",
             "none: " + (reason == facts.absent.end() ? "no device shows itself" : reason->second));
  }
  for (const auto& accelerator : facts.accelerators) rows.add("accelerator", accelerator.name);
  return rows;
}

std::string value_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : base::to_text(value);
}

Facts engine_facts(const DevicePage& page) {
  Facts rows{"Engine", {}};
  for (const auto& [key, value] : page.engine.items()) {
    if (value.is_array()) {
      std::vector<std::string> parts;
      for (const Json& element : value) parts.push_back(value_text(element));
      rows.add(key, base::join(parts, " "));
    } else if (!value.is_object()) {
      rows.add(key, value_text(value));
    }
  }
  std::vector<std::string> good;
  for (const auto& [type, verdict] : page.kernels.by_type()) {
    if (verdict.fast)
      good.push_back(type);
    else
      rows.add("kernel " + type,
               fmt::format("{} ({})", verdict.plain ? "slow path only" : "unusable", verdict.reason));
  }
  rows.add("kernels tested ok", base::join(good, " "));
  return rows;
}

Facts sensors_facts(const std::vector<device::Sensor>& sensors) {
  Facts rows{"Sensors", {}};
  for (const auto& sensor : sensors) {
    const std::string grade = sensor.grade ? fmt::format(", grade {}", device::name(*sensor.grade)) : "";
    const std::string scope = sensor.scope.empty() ? "" : fmt::format(", scope {}", sensor.scope);
    rows.add(sensor.name, sensor.found
                              ? fmt::format("found  {} in {}{}{}", sensor.measures, sensor.unit, grade, scope)
                              : fmt::format("missing  {}: {}", sensor.measures, sensor.reason));
  }
  return rows;
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

std::string device_page(const DevicePage& page, table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(page), 2) + "\n";
  table::Page blocks{cpu_facts(page.facts.cpu), memory_facts(page.facts), system_facts(page.facts),
                     engine_facts(page), sensors_facts(page.sensors)};
  if (!page.facts.absent.empty()) {
    Facts absent{"Not known", {}};
    for (const auto& [fact, reason] : page.facts.absent) absent.add(fact, reason);
    blocks.emplace_back(std::move(absent));
  }
  return page_text(blocks, format, style);
}

}  // namespace bantam::report
