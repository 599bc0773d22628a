#pragma once
// What the built-in engine is, known without a model: versions, kernels, devices.

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace bantam::engine {

enum class DeviceKind { cpu, gpu, integrated_gpu, accelerator, other };
std::string_view name(DeviceKind kind);

struct Device {
  std::string name;
  std::string description;
  DeviceKind kind = DeviceKind::other;
};
// All that this build finds here, in ggml's order.
std::vector<Device> devices();

// {name, version, source, ggml_version, ggml_commit, cpu_features, kernels_amx, extra_buffer_types, devices}.
// cpu_features: instruction sets that are compiled in and present on this CPU.
base::Json engine_facts();

// One line that differs whenever results may differ: version, source and kernel set.
std::string engine_identity();

}  // namespace bantam::engine
