#include "run/machine.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "device/facts.hpp"
#include "engine/cores.hpp"
#include "engine/llama/facts.hpp"

namespace bantam::run {

Machine describe_machine(const std::filesystem::path& disk_path) {
  const device::Facts facts = device::read_facts(disk_path);
  Machine machine;
  machine.device = device::to_json(facts);
  machine.device_identity = device::identity(facts);
  machine.device["identity"] = machine.device_identity;
  machine.cpu_identity = fmt::format("{} {}", facts.cpu.model.value_or(facts.cpu.architecture),
                                     base::join(facts.cpu.features, " "));
  machine.engine = engine::engine_facts();
  machine.engine_identity = engine::engine_identity();
  machine.physical_cores = engine::physical_cores();
  machine.cpus = engine::cpus_of_first_thread();
  return machine;
}

}  // namespace bantam::run
