#include "plan/settings_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "plan/program.hpp"
#include "plan/served.hpp"

namespace bantam::plan {
namespace {

using base::Json;

// Members whose option has another name.
struct Renamed {
  std::string_view member;
  std::string_view option;
};
constexpr auto kOfEngine =
    std::to_array<Renamed>({{"server", "base_url"}, {"server_api", "api"}, {"program", "engine_command"}});
constexpr auto kOfPerformance = std::to_array<Renamed>({{"gates", "gate"}});
constexpr auto kOfEnergy = std::to_array<Renamed>({{"sample_runs", "energy_sample_runs"},
                                                   {"seconds", "energy_seconds"},
                                                   {"idle", "energy_idle"},
                                                   {"source", "energy_source"},
                                                   {"sample_rate", "energy_sample_rate"}});
constexpr auto kOfAccuracy = std::to_array<Renamed>({{"limit", "accuracy_limit"},
                                                     {"until_decided_points", "until_decided"},
                                                     {"batch_size", "accuracy_batch_size"},
                                                     {"kv_cells", "accuracy_kv_cells"}});
constexpr auto kOfFidelity = std::to_array<Renamed>(
    {{"text", "fidelity_text"}, {"context", "fidelity_context"}, {"chunks", "fidelity_chunks"}});
constexpr auto kOfSimilarity = std::to_array<Renamed>({{"prompts", "similarity_prompts"},
                                                       {"max_new_tokens", "similarity_new_tokens"},
                                                       {"base", "similarity_base"}});

std::string text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? fmt::format("{}", value.get<double>()) : base::to_text(value);
}

std::vector<std::string> texts_of(const Json& value) {
  if (!value.is_array()) return {text_of(value)};
  std::vector<std::string> texts;
  for (const Json& one : value) texts.push_back(text_of(one));
  return texts;
}

// Members of `settings` that `usual` lacks or has otherwise.
void add(const Json& settings, const Json& usual, std::span<const Renamed> renamed, OptionValues& options) {
  for (const auto& [member, value] : settings.items()) {
    if (base::child_at(usual, member) == value && usual.contains(member)) continue;
    const auto other = std::ranges::find(renamed, std::string_view(member), &Renamed::member);
    options.emplace_back(other == renamed.end() ? member : std::string(other->option), texts_of(value));
  }
}

}  // namespace

OptionValues options_of(const CellSettings& settings) {
  OptionValues options;
  if (settings.lora_mode && *settings.lora_mode != kApplyAdapters)
    options.emplace_back("lora_mode", std::vector{*settings.lora_mode});
  if (settings.energy) {
    // What the requests have of it is told by these options alone.
    PerformanceSettings requests = settings.performance.value_or(PerformanceSettings{});
    requests.max_seconds = PerformanceSettings{}.max_seconds;
    requests.batch_size = PerformanceSettings{}.batch_size;
    requests.scenarios.reset();
    if (settings.energy->sample_runs) requests.num_runs.reset();
    add(to_json(requests), to_json(PerformanceSettings{}), kOfPerformance, options);
    add(to_json(*settings.energy), to_json(EnergySettings{}), kOfEnergy, options);
  } else if (settings.performance)
    add(to_json(*settings.performance), to_json(PerformanceSettings{}), kOfPerformance, options);
  if (settings.accuracy) add(to_json(*settings.accuracy), to_json(AccuracySettings{}), kOfAccuracy, options);
  if (settings.fidelity) add(to_json(*settings.fidelity), to_json(FidelitySettings{}), kOfFidelity, options);
  if (settings.similarity)
    add(to_json(*settings.similarity), to_json(SimilaritySettings{}), kOfSimilarity, options);
  if (settings.engine.server) options.emplace_back("engine", std::vector{std::string(kServedEngine)});
  Json engine = to_json(settings.engine);
  if (const auto& program = settings.engine.program) {
    const bool is_known = is_known_program(*program);
    options.emplace_back("engine", std::vector{is_known ? *program : std::string(kProgramEngine)});
    if (is_known) engine.erase("program");
  }
  add(engine, to_json(EngineSettings{}), kOfEngine, options);
  if (settings.seed && *settings.seed != Plan{}.seed)
    options.emplace_back("seed", std::vector{fmt::format("{}", *settings.seed)});
  return options;
}

}  // namespace bantam::plan
