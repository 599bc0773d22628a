#include "record/block_energy.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

namespace bantam::record {
namespace {

using base::Json;

constexpr const char* kEnergy = "energy";
constexpr const char* kPowerTrace = "power_trace";
constexpr const char* kPowerTraceAbsent = "power_trace_absent";
constexpr const char* kGpus = "gpus";
constexpr const char* kGpusAbsent = "gpus_absent";

// One list of the figures serves both directions.
template <typename Source, typename Visit>
void each_figure(Source& source, Visit visit) {
  visit("joules", source.joules);
  visit("net_joules", source.net_joules);
  visit("prefill_joules", source.prefill_joules);
  visit("decode_joules", source.decode_joules);
  visit("mean_w", source.mean_w);
  visit("peak_w", source.peak_w);
  visit("idle_before_w", source.idle_before_w);
  visit("idle_after_w", source.idle_after_w);
  visit("update_period_s", source.update_period_s);
}

Json to_json(const SourceEnergy& source) {
  Json json{{"name", source.name},
            {"kind", source.kind},
            {"scope", source.scope},
            {"grade", source.grade},
            {"samples", source.samples}};
  if (source.is_headline) json["is_headline"] = true;
  if (source.is_invalid) json["is_invalid"] = true;
  each_figure(source, [&json](const char* key, const auto& figure) { base::set_if(json, key, figure); });
  if (!source.absent.empty()) json["absent"] = source.absent;
  return json;
}

tl::unexpected<base::Error> lacks(std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("the energy of a block: {}", what));
}

base::Result<SourceEnergy> source_from(const Json& json) {
  SourceEnergy source;
  for (const auto& [key, text] : {std::pair{"name", &source.name}, std::pair{"kind", &source.kind},
                                  std::pair{"scope", &source.scope}, std::pair{"grade", &source.grade}}) {
    auto found = base::string_at(json, key);
    if (!found) return lacks(fmt::format("a source lacks '{}'", key));
    *text = *std::move(found);
  }
  source.samples = base::integer_at(json, "samples").value_or(0);
  source.is_headline = base::bool_at(json, "is_headline").value_or(false);
  source.is_invalid = base::bool_at(json, "is_invalid").value_or(false);
  bool is_finite = true;
  each_figure(source, [&](const char* key, auto& figure) {
    figure = base::number_at(json, key);
    is_finite = is_finite && (!figure || std::isfinite(*figure));
  });
  if (!is_finite) return lacks(fmt::format("a figure of {} is not finite", base::to_text(Json(source.name))));
  for (const auto& [member, reason] : base::child_at(json, "absent").items()) {
    if (reason.is_string()) source.absent[member] = reason.template get<std::string>();
  }
  return source;
}

void take_power_trace(const Json& json, BlockEnergy& energy) {
  energy.power_trace_absent = base::string_at(json, kPowerTraceAbsent).value_or("");
  if (!json.contains(kPowerTrace)) return;
  auto trace = power_trace_from(json[kPowerTrace]);
  if (trace)
    energy.power_trace = *std::move(trace);
  else
    energy.power_trace_absent = trace.error().message;
}

void take_gpus(const Json& json, BlockEnergy& energy) {
  energy.gpus_absent = base::string_at(json, kGpusAbsent).value_or("");
  const Json& gpus = base::child_at(json, kGpus);
  if (gpus.size() > kMostGpus) energy.gpus_absent = fmt::format("it has more than {} GPUs", kMostGpus);
  if (gpus.size() > kMostGpus) return;
  for (const Json& one : gpus) {
    auto gpu = gpu_load_from(one);
    if (gpu)
      energy.gpus.push_back(*std::move(gpu));
    else
      energy.gpus_absent = gpu.error().message;
  }
}

const SourceEnergy* first_headline(const std::vector<SourceEnergy>& sources) {
  for (const SourceEnergy& source : sources) {
    if (source.is_headline) return &source;
  }
  return nullptr;
}

}  // namespace

const SourceEnergy* BlockEnergy::headline() const {
  return first_headline(sources);
}

Json to_json(const BlockEnergy& energy) {
  Json json{{"window_s", energy.window_s},
            {"requests", energy.requests},
            {"prompt_tokens", energy.prompt_tokens},
            {"output_tokens", energy.output_tokens},
            {"rate_hz", energy.rate_hz},
            {"sampler_cpu_s", energy.sampler_cpu_s},
            {"sources", Json::array()}};
  base::set_if(json, "carbon_g_per_kwh", energy.carbon_g_per_kwh);
  base::set_if(json, "battery_wh", energy.battery_wh);
  for (const SourceEnergy& source : energy.sources) json["sources"].push_back(to_json(source));
  if (!energy.absent.empty()) json["absent"] = energy.absent;
  if (energy.power_trace) json[kPowerTrace] = to_json(*energy.power_trace);
  if (!energy.power_trace_absent.empty()) json[kPowerTraceAbsent] = energy.power_trace_absent;
  for (const GpuLoad& gpu : energy.gpus) json[kGpus].push_back(to_json(gpu));
  if (!energy.gpus_absent.empty()) json[kGpusAbsent] = energy.gpus_absent;
  return json;
}

base::Result<BlockEnergy> block_energy_from(const Json& json) {
  BlockEnergy energy;
  const auto window_s = base::number_at(json, "window_s");
  const auto requests = base::integer_at(json, "requests");
  const auto output_tokens = base::integer_at(json, "output_tokens");
  if (!window_s || !requests || !output_tokens)
    return lacks("it lacks 'window_s', 'requests' or 'output_tokens'");
  if (!std::isfinite(*window_s) || *window_s < 0.0 || *requests < 0 || *output_tokens < 0)
    return lacks("'window_s', 'requests' or 'output_tokens' cannot be");
  energy.window_s = *window_s;
  energy.requests = *requests;
  energy.output_tokens = *output_tokens;
  energy.prompt_tokens = base::integer_at(json, "prompt_tokens").value_or(0);
  energy.rate_hz = base::number_at(json, "rate_hz").value_or(0.0);
  energy.sampler_cpu_s = base::number_at(json, "sampler_cpu_s").value_or(0.0);
  energy.carbon_g_per_kwh = base::number_at(json, "carbon_g_per_kwh");
  energy.battery_wh = base::number_at(json, "battery_wh");
  energy.absent = base::string_at(json, "absent").value_or("");
  for (const Json& one : base::child_at(json, "sources")) {
    TRY_ASSIGN(SourceEnergy source, source_from(one));
    energy.sources.push_back(std::move(source));
  }
  take_power_trace(json, energy);
  take_gpus(json, energy);
  return energy;
}

std::string text(const EnergySource& source) {
  return fmt::format("{} ({}, grade {})", source.name, source.scope, source.grade);
}

std::optional<EnergySource> energy_source(const Record& record) {
  const auto energy = block_energy(record);
  const SourceEnergy* headline = energy ? energy->headline() : nullptr;
  if (headline == nullptr) return std::nullopt;
  return EnergySource{headline->name, headline->kind, headline->scope, headline->grade};
}

void set_block_energy(Record& record, const BlockEnergy& energy) {
  record.task_info[kEnergy] = to_json(energy);
}

std::optional<BlockEnergy> block_energy(const Record& record) {
  const Json& json = base::child_at(record.task_info, kEnergy);
  if (!json.is_object()) return std::nullopt;
  auto energy = block_energy_from(json);
  return energy ? std::optional(*std::move(energy)) : std::nullopt;
}

bool has_power_trace(const Record& record) {
  const Json& json = base::child_at(record.task_info, kEnergy);
  return json.is_object() && json.contains(kPowerTrace);
}

}  // namespace bantam::record
