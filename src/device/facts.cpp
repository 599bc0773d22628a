#include "device/facts.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "device/facts_parts.hpp"

namespace bantam::device {
namespace {

template <typename T>
void set(base::Json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

base::Json to_json(const Cpu& cpu) {
  base::Json json = base::Json::object();
  set(json, "model", cpu.model);
  set(json, "vendor", cpu.vendor);
  json["architecture"] = cpu.architecture;
  set(json, "sockets", cpu.sockets);
  set(json, "physical_cores", cpu.physical_cores);
  set(json, "logical_cpus", cpu.logical_cpus);
  base::Json caches = base::Json::array();
  for (const Cache& cache : cpu.caches) {
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"count", cache.count}});
  }
  json["caches"] = std::move(caches);
  json["features"] = cpu.features;
  set(json, "min_hz", cpu.min_hz);
  set(json, "base_hz", cpu.base_hz);
  set(json, "max_hz", cpu.max_hz);
  set(json, "governor", cpu.governor);
  set(json, "virtualized", cpu.virtualized);
  return json;
}

base::Json to_json(const Memory& memory) {
  base::Json json = base::Json::object();
  set(json, "total_bytes", memory.total_bytes);
  set(json, "available_bytes", memory.available_bytes);
  set(json, "swap_bytes", memory.swap_bytes);
  json["page_bytes"] = memory.page_bytes;
  set(json, "huge_page_bytes", memory.huge_page_bytes);
  set(json, "huge_pages", memory.huge_pages);
  set(json, "transparent_huge_pages", memory.transparent_huge_pages);
  set(json, "numa_nodes", memory.numa_nodes);
  return json;
}

base::Json to_json(const System& system) {
  base::Json json = base::Json::object();
  set(json, "board", system.board);
  set(json, "os", system.os);
  set(json, "kernel", system.kernel);
  set(json, "libc", system.libc);
  set(json, "machine_hash", system.machine_hash);
  return json;
}

base::Json to_json(const Limits& limits) {
  base::Json json = base::Json::object();
  set(json, "memory_bytes", limits.memory_bytes);
  set(json, "cpus", limits.cpus);
  set(json, "allowed_cpus", limits.allowed_cpus);
  return json;
}

base::Json to_json(const Disk& disk) {
  base::Json json = base::Json::object();
  set(json, "file_system", disk.file_system);
  set(json, "source", disk.source);
  set(json, "model", disk.model);
  set(json, "rotational", disk.rotational);
  set(json, "total_bytes", disk.total_bytes);
  set(json, "free_bytes", disk.free_bytes);
  return json;
}

base::Json to_json(const Accelerator& accelerator) {
  base::Json json = {{"name", accelerator.name}};
  set(json, "driver", accelerator.driver);
  set(json, "bus", accelerator.bus);
  return json;
}

std::string text_or_unknown(const std::optional<std::int64_t>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

}  // namespace

Facts read_facts(const std::filesystem::path& storage_path, const std::filesystem::path& root) {
  Facts facts;
  facts.cpu = read_cpu(root, facts.absent);
  facts.memory = read_memory(root, facts.absent);
  facts.system = read_system(root, facts.absent);
  facts.limits = read_limits(root, facts.absent);
  facts.disk = read_disk(storage_path, root, facts.absent);
  facts.accelerators = read_accelerators(root, facts.absent);
  return facts;
}

base::Json to_json(const Facts& facts) {
  base::Json accelerators = base::Json::array();
  for (const Accelerator& accelerator : facts.accelerators) accelerators.push_back(to_json(accelerator));
  return {{"identity", identity(facts)},
          {"cpu", to_json(facts.cpu)},
          {"memory", to_json(facts.memory)},
          {"system", to_json(facts.system)},
          {"limits", to_json(facts.limits)},
          {"disk", to_json(facts.disk)},
          {"accelerators", std::move(accelerators)},
          {"absent", facts.absent}};
}

std::string identity(const Facts& facts) {
  constexpr double kGibibyte = 1024.0 * 1024.0 * 1024.0;
  const std::string gibibytes =
      facts.memory.total_bytes
          ? fmt::format("{:.0f}", static_cast<double>(*facts.memory.total_bytes) / kGibibyte)
          : "unknown";
  const std::string content =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", facts.cpu.model.value_or("unknown"), facts.cpu.architecture,
                  text_or_unknown(facts.cpu.physical_cores), text_or_unknown(facts.cpu.logical_cpus),
                  gibibytes, facts.system.machine_hash.value_or("unknown"));
  return base::sha256(content).substr(0, 12);
}

}  // namespace bantam::device
