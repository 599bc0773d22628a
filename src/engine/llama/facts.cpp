#include "engine/llama/facts.hpp"
#include "engine/llama/devices.hpp"

#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "ggml-cpu.h"
#include "ggml.h"
#include "llama.h"

namespace bantam::engine {
namespace {

DeviceKind device_kind(ggml_backend_dev_t device) {
  switch (ggml_backend_dev_type(device)) {
    case GGML_BACKEND_DEVICE_TYPE_CPU:
      return DeviceKind::cpu;
    case GGML_BACKEND_DEVICE_TYPE_GPU:
      return DeviceKind::gpu;
    case GGML_BACKEND_DEVICE_TYPE_IGPU:
      return DeviceKind::integrated_gpu;
    case GGML_BACKEND_DEVICE_TYPE_ACCEL:
      return DeviceKind::accelerator;
    default:
      return DeviceKind::other;
  }
}

}  // namespace

std::string_view name(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::cpu:
      return "cpu";
    case DeviceKind::gpu:
      return "gpu";
    case DeviceKind::integrated_gpu:
      return "integrated_gpu";
    case DeviceKind::accelerator:
      return "accelerator";
    case DeviceKind::other:
      break;
  }
  return "other";
}

std::vector<Device> devices() {
  std::vector<Device> all;
  for (std::size_t i = 0; i < device_count(); ++i) {
    ggml_backend_dev_t device = ggml_backend_dev_get(i);
    all.push_back({ggml_backend_dev_name(device), ggml_backend_dev_description(device), device_kind(device)});
  }
  return all;
}

base::Json engine_facts() {
  base::Json facts;
  facts["name"] = "llama";
  facts["version"] = llama_version();
  facts["source"] = BANTAM_LLAMA_PIN;
  facts["ggml_version"] = ggml_version();
  facts["ggml_commit"] = ggml_commit();
  facts["cpu_features"] = cpu_features();
  facts["kernels_amx"] = ggml_cpu_has_amx_int8() != 0;
  base::Json extra = base::Json::array();
  for (ggml_backend_buffer_type_t type : extra_buffer_types()) extra.push_back(ggml_backend_buft_name(type));
  facts["extra_buffer_types"] = std::move(extra);
  base::Json& list = facts["devices"] = base::Json::array();
  for (const Device& device : devices()) {
    list.push_back({{"name", device.name}, {"description", device.description}, {"kind", name(device.kind)}});
  }
  return facts;
}

std::string engine_identity() {
  const std::string_view pin = BANTAM_LLAMA_PIN;
  // The archive's hash says it all; a tree of one's own is known by its commit.
  const std::string source = pin.find("sha256:") != std::string_view::npos ? std::string(pin) : ggml_commit();
  return fmt::format("llama {} ({}), ggml {}, {}", llama_version(), source, ggml_version(),
                     base::join(cpu_features(), "+"));
}

}  // namespace bantam::engine
