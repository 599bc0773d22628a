#include "run/machine.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "device/facts.hpp"
#include "device/kernel_files.hpp"
#include "engine/cores.hpp"
#include "engine/llama/facts.hpp"
#include "engine/llama/rpc.hpp"
#include "plan/rpc.hpp"

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

std::string boot_identity() {
  const std::string text = device::read_text("/proc/sys/kernel/random/boot_id").value_or("");
  return std::string(base::trim(text));
}

namespace {

// Those that this build can use, with their numbers.
std::vector<std::string> find_gpus() {
  std::vector<std::string> gpus;
  for (const engine::Device& device : engine::devices()) {
    const bool is_gpu =
        device.kind == engine::DeviceKind::gpu || device.kind == engine::DeviceKind::integrated_gpu;
    if (is_gpu) gpus.push_back(fmt::format("{} {}", gpus.size(), device.description));
  }
  return gpus;
}

}  // namespace

base::Status check_gpu(const plan::EngineSettings& settings) {
  if (!settings.gpu_index) return {};
  const std::vector<std::string> gpus = find_gpus();
  const auto count = static_cast<std::int64_t>(gpus.size());
  if (*settings.gpu_index < count) return {};
  if (gpus.empty()) {
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--gpu-index {}: there is no GPU here that this build can use", *settings.gpu_index),
        "leave --gpu-index out to run on the CPU; `bantam device` lists what there is");
  }
  return base::fail(base::ErrorKind::usage,
                    fmt::format("--gpu-index {}: there is no such GPU", *settings.gpu_index),
                    "there is: " + base::join(gpus, ", "));
}

base::Status check_rpc(const plan::EngineSettings& settings) {
  if (!settings.rpc) return {};
  if (settings.gpu_index)
    return base::fail(base::ErrorKind::usage, "--gpu-index and --rpc: one of them says where the layers lie",
                      "leave out one of the two");
  return engine::check_rpc(*settings.rpc);
}

std::vector<std::string> rpc_warnings(const plan::EngineSettings& settings) {
  if (!settings.rpc) return {};
  std::vector<std::string> warnings{fmt::format(
      "layers lie on other machines ({}): memory, CPU time, energy and disturbance are told of this "
      "machine alone",
      *settings.rpc)};
  const auto servers = plan::parse_rpc(*settings.rpc);
  for (const plan::RpcServer& server : servers ? *servers : std::vector<plan::RpcServer>{}) {
    if (!server.is_loopback)
      warnings.push_back(
          fmt::format("--rpc {}: the connection is neither encrypted nor authenticated, and whoever can "
                      "reach such a server can "
                      "take it over: lead it through a tunnel (ssh -L)",
                      server.text()));
  }
  return warnings;
}

std::optional<std::string> no_gpu_for_layers(const plan::EngineSettings& settings) {
  if (settings.rpc || settings.n_gpu_layers.value_or(0) == 0 || !find_gpus().empty()) return std::nullopt;
  return fmt::format(
      "--n-gpu-layers {} has no effect: there is no GPU here that this build can use; all layers are on "
      "the CPU",
      *settings.n_gpu_layers);
}

std::string fewer_threads(std::int64_t asked, std::int64_t used) {
  return fmt::format("{} threads were asked for, but this process may use {} CPUs: it runs {} threads", asked,
                     used, used);
}

}  // namespace bantam::run
