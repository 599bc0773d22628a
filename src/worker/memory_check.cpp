#include "worker/memory_check.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "device/facts.hpp"
#include "engine/llama/facts.hpp"
#include "gguf/model_info.hpp"

namespace bantam::worker {
namespace {

std::optional<std::int64_t> free_bytes() {
  const device::Facts facts = device::read_facts(".");
  const auto& available = facts.memory.available_bytes;
  const auto& limit = facts.limits.memory_bytes;
  return available && limit ? std::min(*available, *limit) : available ? available : limit;
}

bool has_accelerator() {
  const base::Json facts = engine::engine_facts();
  const base::Json& devices = base::child_at(facts, "devices");
  return std::any_of(devices.begin(), devices.end(), [](const base::Json& device) {
    return base::string_at(device, "kind").value_or("cpu") != "cpu";
  });
}

std::string shown(std::int64_t bytes) {
  return base::format_bytes(static_cast<double>(bytes));
}

}  // namespace

base::Status check_cache_fits(const std::filesystem::path& model, const plan::EngineSettings& settings,
                              engine::Capacity capacity) {
  TRY_ASSIGN(const gguf::ModelInfo info, gguf::inspect(model));
  const std::int64_t tokens =
      std::min<std::int64_t>(capacity.tokens_per_stream, info.context_train.value_or(INT32_MAX));
  const auto needed =
      gguf::kv_bytes(info, tokens * capacity.streams, settings.cache_type_k, settings.cache_type_v);
  const auto there = free_bytes();
  if (!needed || !there || *needed <= *there || has_accelerator()) return {};
  return base::fail(
      base::ErrorKind::environment,
      fmt::format("{}: does not fit in memory: the KV cache of {} requests of {} tokens takes {}, "
                  "{} are free",
                  base::printable(model.string()), capacity.streams, tokens, shown(*needed), shown(*there)),
      "ask for fewer or shorter requests (--batch-size, --max-new-tokens), or for a smaller cache "
      "(--cache-type-k q8_0); `bantam predict` tells what fits");
}

}  // namespace bantam::worker
