#pragma once
// A recording → what each source says of a window, and what may be added up.

#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "energy/sampler.hpp"
#include "energy/window_energy.hpp"

namespace bantam::energy {

struct Judged {
  SourceFacts facts;
  base::Result<Energy> energy;
  std::int64_t samples = 0;  // readings with a value, whatever became of them
};

// In the order of the traces.
std::vector<Judged> judge(const Recording& recording, const Window& window, const Rules& rules);

// Each source in the longest window that it covers itself.
std::vector<Judged> judge_all(const Recording& recording, const Rules& rules);

struct Total {
  std::string kind;
  Scope scope = Scope::package;
  device::Grade grade = device::Grade::b;  // the worst of its parts
  double joules = 0.0;
  std::vector<std::string> parts;  // names of sources, at least two
};
// The sums of sources of one kind and scope, where there are several: all packages, all memory, all GPUs. No
// sum where one of them has no figure. Rails and parts of packages may contain each other and have no sum;
// nor are different scopes added, or estimates and measurements.
std::vector<Total> totals(std::span<const Judged> judged);

// "ok", "absent" or "invalid", with "reason" or the figures.
base::Json to_json(const Judged& judged);

}  // namespace bantam::energy
