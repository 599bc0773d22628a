#include "record/resources.hpp"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

namespace bantam::record {
namespace {

constexpr const char* kResources = "resources";

bool can_be(const std::optional<double>& figure) {
  return figure && std::isfinite(*figure) && *figure > 0.0;
}

std::optional<RooflinePhase> roofline_phase(const base::Json& resources, std::string_view name) {
  const base::Json& seen = base::child_at(base::child_at(resources, "phases"), name);
  const base::Json& work = base::child_at(base::child_at(resources, "machine"), name);
  const auto steps = base::number_at(seen, "steps");
  const auto wall_s = base::number_at(seen, "wall_s");
  const auto bytes = base::number_at(work, "bytes");
  const auto operations = base::number_at(work, "operations");
  for (const auto& figure : {steps, wall_s, bytes, operations}) {
    if (!can_be(figure)) return std::nullopt;
  }
  return RooflinePhase{std::string(name), *operations / *bytes, *operations * *steps / *wall_s};
}

}  // namespace

std::vector<PhaseBound> phase_bounds(const Record& record) {
  constexpr auto kPhases = std::to_array<std::string_view>({"load_cold", "load_warm", "prefill", "decode"});
  const base::Json& phases = base::child_at(base::child_at(record.task_info, kResources), "phases");
  std::vector<PhaseBound> all;
  for (const std::string_view name : kPhases) {
    const base::Json& phase = base::child_at(phases, name);
    if (!phase.is_object()) continue;
    const base::Json& verdict = base::child_at(phase, "verdict");
    PhaseBound bound;
    bound.phase = name;
    bound.bound = base::string_at(verdict, "bound").value_or("");
    bound.share = base::number_at(verdict, "share").value_or(0.0);
    bound.reason = base::string_at(verdict, "reason").value_or(base::string_at(phase, "absent").value_or(""));
    for (const base::Json& remedy : base::child_at(verdict, "remedies")) {
      if (remedy.is_string()) bound.remedies.push_back(remedy.get<std::string>());
    }
    all.push_back(std::move(bound));
  }
  return all;
}

std::optional<Roofline> roofline(const Record& record) {
  const base::Json& resources = base::child_at(record.task_info, kResources);
  const base::Json& machine = base::child_at(resources, "machine");
  const auto bytes = base::number_at(machine, "read_bytes_per_s");
  const auto operations = base::number_at(machine, "operations_per_s");
  if (!can_be(bytes) || !can_be(operations)) return std::nullopt;
  Roofline all{*bytes, *operations, {}};
  for (const std::string_view name : {"prefill", "decode"}) {
    if (auto phase = roofline_phase(resources, name)) all.phases.push_back(*std::move(phase));
  }
  return all.phases.empty() ? std::nullopt : std::optional(std::move(all));
}

}  // namespace bantam::record
