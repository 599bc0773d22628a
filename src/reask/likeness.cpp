#include "reask/likeness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bantam::reask {
namespace {

using base::Json;

// Facts of the engine on which the bits of an answer depend (engine/llama/properties.cpp).
constexpr std::array kFacts{"identity",   "threads",       "cache_type_k", "cache_type_v", "flash_attn",
                            "n_batch",    "n_ubatch",      "n_ctx",        "streams",      "repack",
                            "gpu_layers", "adapter_scale", "kernels_amx"};

bool has_gpu(const Asking& asking) {
  return std::ranges::any_of(asking.devices, [](const record::EngineFacts::Device& device) {
    return device.kind == "gpu" || device.kind == "integrated_gpu";
  });
}

std::string text(const Json& value) {
  if (value.is_null()) return "not told";
  return value.is_string() ? value.get<std::string>() : base::to_text(value);
}

void compare(std::string_view what, const std::string& there, const std::string& here,
             std::vector<std::string>& differences) {
  if (there != here) differences.push_back(fmt::format("{}: {} there, {} here", what, there, here));
}

std::string how_scored(const Asking& asking) {
  if (!asking.scoring) return "not told";
  return fmt::format("{}, {} prefixes",
                     asking.scoring->own_kernels.empty() ? "the engine's" : asking.scoring->own_kernels,
                     asking.scoring->shared_prefixes ? "shared" : "whole");
}

}  // namespace

Asking asking_of(const record::Record& record) {
  return {record::machine_facts(record).identity.value_or(""), record.engine,
          record::engine_facts(record).devices, record::scoring(record)};
}

Likeness likeness(const Asking& there, const Asking& here) {
  Likeness alike;
  if (there.machine.empty() || there.machine != here.machine)
    alike.differences.emplace_back("another machine");
  for (const char* fact : kFacts)
    compare(fact, text(base::child_at(there.engine, fact)), text(base::child_at(here.engine, fact)),
            alike.differences);
  compare("kernels", how_scored(there), how_scored(here), alike.differences);
  if (has_gpu(there) != has_gpu(here)) {
    alike.differences.emplace_back(has_gpu(there) ? "a GPU there, none here" : "a GPU here, none there");
    alike.place = Place::other_kind;
    return alike;
  }
  if (has_gpu(here)) alike.differences.emplace_back("a GPU, whose bits differ each time");
  alike.place = alike.differences.empty() ? Place::same : Place::other;
  return alike;
}

}  // namespace bantam::reask
