#include "engine/llama_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "engine/llama_devices.hpp"

namespace bantam::engine {
namespace {

using base::ErrorKind;
using base::fail;

bool beat_while_loading(float, void* heartbeat) {
  static_cast<Heartbeat*>(heartbeat)->fetch_add(1, std::memory_order_relaxed);
  return true;
}

}  // namespace

base::Result<ggml_type> cache_type(const std::string& text) {
  const std::string wanted = base::ascii_lower(text);
  for (int i = 0; i < GGML_TYPE_COUNT; ++i) {
    const auto type = static_cast<ggml_type>(i);
    const char* known = ggml_type_name(type);
    if (known != nullptr && wanted == base::ascii_lower(known) && ggml_type_size(type) > 0) return type;
  }
  return fail(ErrorKind::usage, fmt::format("cache type '{}' is not known to the engine", text),
              "use f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl");
}

base::Result<llama_flash_attn_type> flash_attention(const std::string& text) {
  if (text == "auto") return LLAMA_FLASH_ATTN_TYPE_AUTO;
  if (text == "on") return LLAMA_FLASH_ATTN_TYPE_ENABLED;
  if (text == "off") return LLAMA_FLASH_ATTN_TYPE_DISABLED;
  return fail(ErrorKind::usage, fmt::format("flash attention '{}' is not auto, on or off", text));
}

bool beat_while_computing(void* heartbeat) {
  static_cast<Heartbeat*>(heartbeat)->fetch_add(1, std::memory_order_relaxed);
  return false;
}

llama_model_params model_params(const plan::EngineSettings& settings, Heartbeat* heartbeat) {
  llama_model_params params = llama_model_default_params();
  params.load_mode = LLAMA_LOAD_MODE_MMAP;
  params.use_extra_bufts = settings.repack;
  if (has_gpu()) {
    params.n_gpu_layers = settings.n_gpu_layers.value_or(-1);
    if (settings.gpu_index) {
      params.split_mode = LLAMA_SPLIT_MODE_NONE;
      params.main_gpu = *settings.gpu_index;
    }
  }
  if (heartbeat != nullptr) {
    params.progress_callback = beat_while_loading;
    params.progress_callback_user_data = heartbeat;
  }
  return params;
}

bool speaks_of_memory(std::string_view reason) {
  constexpr std::array<std::string_view, 6> kSigns = {
      "failed to allocate", "unable to allocate",           "bad_alloc",
      "out of memory",      "mmap failed: Cannot allocate", "failed to reserve"};
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](std::string_view sign) { return reason.find(sign) != std::string_view::npos; });
}

}  // namespace bantam::engine
