#include "analyze/comparable.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace bantam::analyze {
namespace {

using base::Json;
using record::Record;

constexpr auto kHowOften =
    std::to_array<std::string_view>({"num_warmup", "num_runs", "target_interval", "max_seconds"});
constexpr auto kScheduling =
    std::to_array<std::string_view>({"threads", "flash_attn", "n_batch", "n_ubatch", "n_gpu_layers",
                                     "gpu_index", "repack", "max_model_len", "batch_size", "kv_cells",
                                     "own_kernels"});

// The first member of settings[section] that differs, besides the harmless ones; empty when none does.
std::string differing(const Record& a, const Record& b, std::string_view section,
                      std::span<const std::string_view> harmless) {
  const Json& left = base::child_at(a.settings, section);
  const Json& right = base::child_at(b.settings, section);
  for (const Json* side : {&left, &right}) {
    for (const auto& [key, value] : side->items()) {
      if (std::ranges::find(harmless, key) != harmless.end()) continue;
      if (base::child_at(left, key) != base::child_at(right, key)) return key;
    }
  }
  return {};
}

std::string obstacle_of(const std::string& setting) {
  return setting.empty() ? "" : fmt::format("the setting {} differs", setting);
}

}  // namespace

std::string speed_obstacle(const Record& a, const Record& b) {
  if (base::string_at(a.device, "identity") != base::string_at(b.device, "identity")) {
    return "measured on different machines";
  }
  const std::string engine = differing(a, b, "engine", {});
  return obstacle_of(engine.empty() ? differing(a, b, "performance", kHowOften) : engine);
}

std::string score_obstacle(const Record& a, const Record& b) {
  if (base::child_at(a.settings, "seed") != base::child_at(b.settings, "seed")) return obstacle_of("seed");
  const std::string engine = differing(a, b, "engine", kScheduling);
  return obstacle_of(engine.empty() ? differing(a, b, "accuracy", kScheduling) : engine);
}

}  // namespace bantam::analyze
