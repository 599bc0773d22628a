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

// A function that a backend offers by name; null when it does not.
template <typename Function>
Function offered(ggml_backend_reg_t backend, const char* name) {
  return reinterpret_cast<Function>(ggml_backend_reg_get_proc_address(backend, name));
}

}  // namespace

// What is built in is looked for at the first call, and back-ends greet on stderr.
std::size_t device_count() {
  static const bool are_known = [] {
    ggml_log_callback callback = nullptr;
    void* owner = nullptr;
    llama_log_get(&callback, &owner);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    static_cast<void>(ggml_backend_dev_count());
    llama_log_set(callback, owner);
    return true;
  }();
  return are_known ? ggml_backend_dev_count() : 0;
}

bool has_gpu() {
  for (std::size_t i = 0; i < device_count(); ++i) {
    const auto type = ggml_backend_dev_type(ggml_backend_dev_get(i));
    if (type == GGML_BACKEND_DEVICE_TYPE_GPU || type == GGML_BACKEND_DEVICE_TYPE_IGPU) return true;
  }
  return false;
}

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
  const auto features =
      offered<ggml_backend_get_features_t>(ggml_backend_cpu_reg(), "ggml_backend_get_features");
  if (features == nullptr) return names;
  for (const ggml_backend_feature* feature = features(ggml_backend_cpu_reg()); feature->name != nullptr;
       ++feature) {
    const std::string value = feature->value;
    names.push_back(value == "1" ? feature->name : feature->name + ("=" + value));
  }
  return names;
}

std::vector<ggml_backend_buffer_type_t> extra_buffer_types() {
  std::vector<ggml_backend_buffer_type_t> types;
  ggml_backend_reg_t cpu = ggml_backend_cpu_reg();
  const auto list = offered<ggml_backend_dev_get_extra_bufts_t>(cpu, "ggml_backend_dev_get_extra_bufts");
  if (list == nullptr) return types;
  for (ggml_backend_buffer_type_t* type = list(ggml_backend_reg_dev_get(cpu, 0)); *type != nullptr; ++type) {
    types.push_back(*type);
  }
  return types;
}

bool is_host_memory(ggml_backend_buffer_type_t type) {
  ggml_backend_dev_t device = ggml_backend_buft_get_device(type);
  return ggml_backend_buft_is_host(type) || device == nullptr ||
         ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU ||
         ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_ACCEL;
}

}  // namespace bantam::engine
