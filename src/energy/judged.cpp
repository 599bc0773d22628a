#include "energy/judged.hpp"

#include <algorithm>
#include <utility>

namespace bantam::energy {
namespace {

bool has_value(const Reading& reading) {
  return reading.fault == Fault::none;
}

Judged judge_one(const Trace& trace, std::span<const SupplyChange> supply, const Window& window,
                 const Rules& rules) {
  Judged judged{trace.facts, energy_between(trace, window, rules),
                std::ranges::count_if(trace.readings, has_value)};
  // What the supply did says more than what a reading was like.
  if (auto checked = check_supply(trace.facts, supply, window); !checked)
    judged.energy = tl::unexpected(checked.error());
  return judged;
}

bool can_be_added(const Judged& a, const Judged& b) {
  return a.facts.kind == b.facts.kind && a.facts.scope == b.facts.scope;
}

}  // namespace

std::vector<Judged> judge(const Recording& recording, const Window& window, const Rules& rules) {
  std::vector<Judged> all;
  for (const Trace& trace : recording.traces)
    all.push_back(judge_one(trace, recording.supply, window, rules));
  return all;
}

std::vector<Judged> judge_all(const Recording& recording, const Rules& rules) {
  std::vector<Judged> all;
  for (const Trace& trace : recording.traces) {
    Window window{recording.from_ns, recording.to_ns};
    const auto first = std::ranges::find_if(trace.readings, has_value);
    const auto last = std::ranges::find_if(trace.readings.rbegin(), trace.readings.rend(), has_value);
    const bool has_fault_only = first == trace.readings.end();
    if (!has_fault_only) window = {first->time_ns, last->time_ns};
    // Faults at the ends are no less faults.
    if (!trace.readings.empty() && (has_fault_only || !has_value(trace.readings.back())))
      window.to_ns = trace.readings.back().time_ns;
    all.push_back(judge_one(trace, recording.supply, window, rules));
  }
  return all;
}

std::vector<Total> totals(std::span<const Judged> judged) {
  std::vector<Total> sums;
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const SourceFacts& facts = judged[i].facts;
    const auto is_peer = [&](const Judged& other) { return can_be_added(other, judged[i]); };
    const bool seen = std::ranges::any_of(judged.first(i), is_peer);
    if (seen || facts.scope == Scope::rail || facts.scope == Scope::package_part) continue;
    Total total{facts.kind, facts.scope, facts.grade, 0.0, {}};
    bool all_known = true;
    for (const Judged& other : judged) {
      if (!is_peer(other)) continue;
      total.parts.push_back(other.facts.name);
      total.grade = std::max(total.grade, other.facts.grade);
      all_known = all_known && other.energy.has_value();
      if (other.energy) total.joules += other.energy->joules;
    }
    if (all_known && total.parts.size() > 1) sums.push_back(std::move(total));
  }
  return sums;
}

base::Json to_json(const Judged& judged) {
  const SourceFacts& facts = judged.facts;
  base::Json json = {{"name", facts.name},         {"kind", facts.kind},
                     {"scope", name(facts.scope)}, {"grade", device::name(facts.grade)},
                     {"source", facts.where},      {"is_estimate", facts.grade == device::Grade::d}};
  if (judged.energy) {
    json["standing"] = "ok";
    json.update(to_json(*judged.energy));
  } else {
    const bool is_invalid = judged.energy.error().kind == base::ErrorKind::invalid_measurement;
    json["standing"] = is_invalid ? "invalid" : "absent";
    json["reason"] = judged.energy.error().message;
    json["samples"] = judged.samples;
  }
  return json;
}

}  // namespace bantam::energy
