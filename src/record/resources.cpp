#include "record/resources.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace bantam::record {

std::vector<PhaseBound> phase_bounds(const Record& record) {
  constexpr auto kPhases = std::to_array<std::string_view>({"load_cold", "load_warm", "prefill", "decode"});
  const base::Json& phases = base::child_at(base::child_at(record.task_info, "resources"), "phases");
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

}  // namespace bantam::record
