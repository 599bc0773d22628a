#include "measure/energy_figures.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <utility>

#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"

namespace bantam::measure {
namespace {

using record::BlockEnergy;
using record::SourceEnergy;

constexpr double kJoulesPerKwh = 3.6e6;
constexpr double kJoulesPerWh = 3600.0;

// Gives each metric its value, or the reason why there is none.
class Figures {
 public:
  void set(const char* metric, const std::optional<double>& value, const std::string& why_not) {
    if (value)
      all_.values[metric] = *value;
    else
      all_.absent[metric] = why_not;
  }
  BlockEnergyFigures take() { return std::move(all_); }

 private:
  BlockEnergyFigures all_;
};

// Of the source's member; a reason is always there.
std::string why(const SourceEnergy& source, const char* member) {
  for (const char* key : {member, "joules"}) {
    if (const auto found = source.absent.find(key); found != source.absent.end()) return found->second;
  }
  return "the sensor does not tell";
}

std::optional<double> shared(const std::optional<double>& joules, std::int64_t count) {
  if (!joules || count <= 0) return std::nullopt;
  return *joules / static_cast<double>(count);
}

std::optional<double> mean_idle(const SourceEnergy& source) {
  if (!source.idle_before_w || !source.idle_after_w) return std::nullopt;
  return 0.5 * (*source.idle_before_w + *source.idle_after_w);
}

BlockEnergyFigures none(metric::MetricGroup group, const std::string& reason) {
  BlockEnergyFigures figures;
  for (const metric::Metric& metric : metric::catalogue()) {
    if (metric.group == group) figures.absent[std::string(metric.name)] = reason;
  }
  return figures;
}

// Why a block has no figure at all; empty where its headline may have some.
std::string why_none(const BlockEnergy& energy, const char* nothing_counted) {
  if (!energy.absent.empty()) return energy.absent;
  if (energy.headline() == nullptr) return "no sensor was read";
  return energy.requests <= 0 ? nothing_counted : "";
}

// What requests and items share: the energy of one, gross and net, and what follows from it.
struct Names {
  const char* gross;
  const char* net;
  const char* carbon;
  const char* per_charge;
};

void set_of_one(const BlockEnergy& energy, const Names& names, Figures& figures) {
  const SourceEnergy& source = *energy.headline();
  const std::string no_joules = why(source, "joules");
  const auto joules = source.is_invalid ? std::nullopt : source.joules;
  const auto one_j = shared(joules, energy.requests);
  figures.set(names.gross, one_j, no_joules);
  figures.set(names.net, shared(joules ? source.net_joules : joules, energy.requests),
              why(source, "net_joules"));
  const auto grams = one_j && energy.carbon_g_per_kwh
                         ? std::optional(*one_j / kJoulesPerKwh * *energy.carbon_g_per_kwh)
                         : std::nullopt;
  figures.set(names.carbon, grams, energy.carbon_g_per_kwh ? no_joules : "--carbon-intensity is not given");
  const auto answers = one_j && *one_j > 0.0 && energy.battery_wh
                           ? std::optional(*energy.battery_wh * kJoulesPerWh / *one_j)
                           : std::nullopt;
  figures.set(names.per_charge, answers,
              energy.battery_wh
                  ? no_joules
                  : "the machine has no battery that tells its capacity, and --battery-wh is not given");
}

}  // namespace

BlockEnergyFigures energy_figures(const BlockEnergy& energy) {
  if (const std::string reason = why_none(energy, "no request was counted"); !reason.empty())
    return none(metric::MetricGroup::energy, reason);
  const SourceEnergy& source = *energy.headline();
  Figures figures;
  set_of_one(
      energy,
      {"energy_per_request_j", "net_energy_per_request_j", "carbon_per_request_g", "requests_per_charge"},
      figures);
  const std::string no_joules = why(source, "joules");
  const auto joules = source.is_invalid ? std::nullopt : source.joules;
  const std::string no_tokens = joules ? "no token was generated" : no_joules;
  figures.set("energy_per_output_token_j", shared(joules, energy.output_tokens), no_tokens);
  const bool has_tokens = joules && *joules > 0.0 && energy.output_tokens > 0;
  figures.set("output_tokens_per_j",
              has_tokens ? std::optional(static_cast<double>(energy.output_tokens) / *joules) : std::nullopt,
              no_tokens);
  figures.set("prefill_energy_per_request_j",
              shared(joules ? source.prefill_joules : joules, energy.requests),
              why(source, "prefill_joules"));
  figures.set("decode_energy_per_request_j", shared(joules ? source.decode_joules : joules, energy.requests),
              why(source, "decode_joules"));
  figures.set("mean_power_w", joules ? source.mean_w : joules, no_joules);
  figures.set("peak_power_w", joules ? source.peak_w : joules, why(source, "peak_w"));
  figures.set("idle_power_w", mean_idle(source),
              why(source, source.idle_before_w ? "idle_after_w" : "idle_before_w"));
  return figures.take();
}

std::string right_answers_key(const std::map<std::string, record::Value>& scores) {
  std::set<std::string> keys;
  for (const auto& [key, value] : scores) {
    const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
    if (metric::is_score(key) && metric != nullptr && metric->right_or_wrong) keys.insert(key);
  }
  return keys.empty() ? std::string() : metric::headline_metric(keys);
}

BlockEnergyFigures answer_energy_figures(const BlockEnergy& energy,
                                         const std::map<std::string, record::Value>& scores) {
  if (const std::string reason = why_none(energy, "no item was scored"); !reason.empty())
    return no_answer_energy(reason);
  Figures figures;
  set_of_one(energy, {"energy_per_item_j", "net_energy_per_item_j", "carbon_per_item_g", "items_per_charge"},
             figures);
  BlockEnergyFigures all = figures.take();
  const auto item_j = all.values.find("energy_per_item_j");
  const std::string key = right_answers_key(scores);
  const double share = key.empty() ? 0.0 : scores.at(key).value;
  if (item_j == all.values.end())
    all.absent["energy_per_correct_j"] = all.absent["energy_per_item_j"];
  else if (key.empty())
    all.absent["energy_per_correct_j"] = "the task has no score that counts right answers";
  else if (!(share > 0.0))
    all.absent["energy_per_correct_j"] = "no answer was right";
  else
    all.values["energy_per_correct_j"] = item_j->second / share;
  return all;
}

BlockEnergyFigures no_answer_energy(const std::string& reason) {
  return none(metric::MetricGroup::answer_energy, reason);
}

std::optional<std::string> energy_disturbance(const BlockEnergy& energy) {
  const SourceEnergy* source = energy.headline();
  if (source == nullptr || !source->is_invalid) return std::nullopt;
  return source->name + ": " + why(*source, "joules");
}

Validity judge_gpus(const std::string& what, std::span<const BlockEnergy* const> windows,
                    const Gates& gates) {
  std::map<std::string, record::GpuLoad> all;
  for (const BlockEnergy* energy : windows) {
    for (const record::GpuLoad& gpu : energy->gpus) {
      if (!gpu.throttle) continue;
      const auto [found, is_new] = all.try_emplace(gpu.name, gpu);
      if (!is_new) record::add_gpu_load(found->second, gpu);
    }
  }
  Validity validity;
  const Gate& gate = gates.throttle_events;
  for (const auto& [name, gpu] : all) {
    const auto times = static_cast<double>(gpu.throttle->times);
    if (times <= gate.warn_above) continue;
    const bool is_invalid = gate.invalid_above && times > *gate.invalid_above;
    (is_invalid ? validity.reasons : validity.warnings)
        .push_back(fmt::format("{}: the GPU {} was throttled {} {}: {}", what, name, gpu.throttle->times,
                               gpu.throttle->times == 1 ? "time" : "times",
                               record::throttling_text(*gpu.throttle)));
  }
  return validity;
}

}  // namespace bantam::measure
