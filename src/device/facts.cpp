#include "device/facts.hpp"

#include <fmt/format.h>

#include "base/hash.hpp"
#include "device/facts_parts.hpp"

namespace bantam::device {
namespace {

base::Json to_json(const Cpu& cpu) {
  base::Json json = base::Json::object();
  base::set_if(json, "model", cpu.model);
  base::set_if(json, "vendor", cpu.vendor);
  json["architecture"] = cpu.architecture;
  base::set_if(json, "sockets", cpu.sockets);
  base::set_if(json, "physical_cores", cpu.physical_cores);
  base::set_if(json, "logical_cpus", cpu.logical_cpus);
  base::Json caches = base::Json::array();
  for (const Cache& cache : cpu.caches) {
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"count", cache.count}});
  }
  json["caches"] = std::move(caches);
  json["features"] = cpu.features;
  base::set_if(json, "min_hz", cpu.min_hz);
  base::set_if(json, "base_hz", cpu.base_hz);
  base::set_if(json, "max_hz", cpu.max_hz);
  base::set_if(json, "governor", cpu.governor);
  base::set_if(json, "virtualized", cpu.virtualized);
  return json;
}

base::Json to_json(const Memory& memory) {
  base::Json json = base::Json::object();
  base::set_if(json, "total_bytes", memory.total_bytes);
  base::set_if(json, "available_bytes", memory.available_bytes);
  base::set_if(json, "swap_bytes", memory.swap_bytes);
  json["page_bytes"] = memory.page_bytes;
  base::set_if(json, "huge_page_bytes", memory.huge_page_bytes);
  base::set_if(json, "huge_pages", memory.huge_pages);
  base::set_if(json, "transparent_huge_pages", memory.transparent_huge_pages);
  base::set_if(json, "numa_nodes", memory.numa_nodes);
  return json;
}

base::Json to_json(const System& system) {
  base::Json json = base::Json::object();
  base::set_if(json, "board", system.board);
  base::set_if(json, "os", system.os);
  base::set_if(json, "kernel", system.kernel);
  base::set_if(json, "libc", system.libc);
  base::set_if(json, "machine_hash", system.machine_hash);
  return json;
}

base::Json to_json(const Limits& limits) {
  base::Json json = base::Json::object();
  base::set_if(json, "memory_bytes", limits.memory_bytes);
  base::set_if(json, "cpus", limits.cpus);
  base::set_if(json, "allowed_cpus", limits.allowed_cpus);
  return json;
}

base::Json to_json(const Disk& disk) {
  base::Json json = base::Json::object();
  base::set_if(json, "file_system", disk.file_system);
  base::set_if(json, "source", disk.source);
  base::set_if(json, "model", disk.model);
  base::set_if(json, "rotational", disk.rotational);
  base::set_if(json, "total_bytes", disk.total_bytes);
  base::set_if(json, "free_bytes", disk.free_bytes);
  return json;
}

base::Json to_json(const Accelerator& accelerator) {
  base::Json json = {{"name", accelerator.name}};
  base::set_if(json, "driver", accelerator.driver);
  base::set_if(json, "bus", accelerator.bus);
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
