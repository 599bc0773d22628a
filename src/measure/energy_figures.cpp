#include "measure/energy_figures.hpp"

#include <cstdint>
#include <utility>

#include "metric/catalogue.hpp"

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

BlockEnergyFigures none(const std::string& reason) {
  BlockEnergyFigures figures;
  for (const metric::Metric& metric : metric::catalogue()) {
    if (metric.group == metric::MetricGroup::energy) figures.absent[std::string(metric.name)] = reason;
  }
  return figures;
}

}  // namespace

BlockEnergyFigures energy_figures(const BlockEnergy& energy) {
  const SourceEnergy* source = energy.headline();
  if (source == nullptr || !energy.absent.empty())
    return none(energy.absent.empty() ? "no sensor was read" : energy.absent);
  if (energy.requests <= 0) return none("no request was counted");
  Figures figures;
  const std::string no_joules = why(*source, "joules");
  const auto joules = source->is_invalid ? std::nullopt : source->joules;
  const auto request_j = shared(joules, energy.requests);
  figures.set("energy_per_request_j", request_j, no_joules);
  const std::string no_tokens = joules ? "no token was generated" : no_joules;
  figures.set("energy_per_output_token_j", shared(joules, energy.output_tokens), no_tokens);
  const bool has_tokens = joules && *joules > 0.0 && energy.output_tokens > 0;
  figures.set("output_tokens_per_j",
              has_tokens ? std::optional(static_cast<double>(energy.output_tokens) / *joules) : std::nullopt,
              no_tokens);
  figures.set("net_energy_per_request_j", shared(joules ? source->net_joules : joules, energy.requests),
              why(*source, "net_joules"));
  figures.set("prefill_energy_per_request_j",
              shared(joules ? source->prefill_joules : joules, energy.requests),
              why(*source, "prefill_joules"));
  figures.set("decode_energy_per_request_j", shared(joules ? source->decode_joules : joules, energy.requests),
              why(*source, "decode_joules"));
  figures.set("mean_power_w", joules ? source->mean_w : joules, no_joules);
  figures.set("peak_power_w", joules ? source->peak_w : joules, why(*source, "peak_w"));
  figures.set("idle_power_w", mean_idle(*source),
              why(*source, source->idle_before_w ? "idle_after_w" : "idle_before_w"));
  const auto grams = request_j && energy.carbon_g_per_kwh
                         ? std::optional(*request_j / kJoulesPerKwh * *energy.carbon_g_per_kwh)
                         : std::nullopt;
  figures.set("carbon_per_request_g", grams,
              energy.carbon_g_per_kwh ? no_joules : "--carbon-intensity is not given");
  const auto answers = request_j && *request_j > 0.0 && energy.battery_wh
                           ? std::optional(*energy.battery_wh * kJoulesPerWh / *request_j)
                           : std::nullopt;
  figures.set("requests_per_charge", answers,
              energy.battery_wh
                  ? no_joules
                  : "the machine has no battery that tells its capacity, and --battery-wh is not given");
  return figures.take();
}

std::optional<std::string> energy_disturbance(const BlockEnergy& energy) {
  const SourceEnergy* source = energy.headline();
  if (source == nullptr || !source->is_invalid) return std::nullopt;
  return source->name + ": " + why(*source, "joules");
}

}  // namespace bantam::measure
