#include "measure/steadiness.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/json.hpp"
#include "measure/load.hpp"
#include "measure/validity.hpp"
#include "measure/warm_up.hpp"
#include "stats/tukey.hpp"

namespace bantam::measure {
namespace {

using stats::OutlierClass;

std::optional<std::int64_t> faults(const record::Trial& trial) {
  const auto minor = base::integer_at(trial.counters, "minor_faults");
  const auto major = base::integer_at(trial.counters, "major_faults");
  if (!minor || !major) return std::nullopt;
  return *minor + *major;
}

std::optional<std::int64_t> switches(const record::Trial& trial) {
  return base::integer_at(trial.counters, "involuntary_switches");
}

using Counter = std::optional<std::int64_t> (*)(const record::Trial&);

// The greatest value over the trials; absent where one of them has none.
std::optional<std::int64_t> greatest(const Trials& trials, Counter counter) {
  std::optional<std::int64_t> most;
  for (const auto* trial : trials) {
    const auto value = counter(*trial);
    if (!value) return std::nullopt;
    most = std::max(most.value_or(*value), *value);
  }
  return most;
}

// `trials`: the counted ones of one block and scenario.
record::Outliers outliers(const Trials& trials) {
  record::Outliers found;
  const auto fences = stats::tukey_fences(wall_times(trials));
  if (!fences) return found;
  found.runs = std::ssize(trials);
  Trials usual;
  Trials high;
  for (const auto* trial : trials) {
    const OutlierClass kind = stats::classify(trial->wall_s, *fences);
    found.low_severe += kind == OutlierClass::low_severe ? 1 : 0;
    found.low_mild += kind == OutlierClass::low_mild ? 1 : 0;
    found.high_mild += kind == OutlierClass::high_mild ? 1 : 0;
    found.high_severe += kind == OutlierClass::high_severe ? 1 : 0;
    if (kind == OutlierClass::none) usual.push_back(trial);
    if (kind == OutlierClass::high_mild || kind == OutlierClass::high_severe) high.push_back(trial);
  }
  const auto above_usual = [&](Counter counter) {
    const auto most = greatest(usual, counter);
    return std::ranges::count_if(high, [&](const record::Trial* trial) {
      const auto value = counter(*trial);
      return most && value && *value > *most;
    });
  };
  found.high_switched = above_usual(switches);
  found.high_faulted = above_usual(faults);
  return found;
}

void add_block(record::Steadiness& scenario, const Trials& trials) {
  std::vector<double> warm_ups;
  for (const auto* trial : trials) {
    if (trial->warmup && trial->scenario == scenario.scenario) warm_ups.push_back(trial->wall_s);
  }
  ++scenario.warm_ups.blocks;
  scenario.warm_ups.runs += std::ssize(warm_ups);
  scenario.warm_ups.not_warm += is_warm(warm_ups).value_or(true) ? 0 : 1;
  scenario.outliers += outliers(counted(trials, scenario.scenario));
}

}  // namespace

std::vector<record::Steadiness> steadiness(const Trials& trials) {
  std::map<std::string, std::map<std::int64_t, Trials>> blocks;
  for (const auto* trial : trials) {
    if (trial->scenario == kLoadCold || trial->scenario == kLoadWarm) continue;
    blocks[trial->scenario][trial->round.value_or(0)].push_back(trial);
  }
  std::vector<record::Steadiness> all;
  for (const auto& [scenario, rounds] : blocks) {
    record::Steadiness& one = all.emplace_back(record::Steadiness{scenario, {}, {}});
    for (const auto& [round, of_block] : rounds) add_block(one, of_block);
  }
  return all;
}

std::vector<std::string> warm_up_warnings(const std::vector<record::Steadiness>& scenarios) {
  std::vector<std::string> warnings;
  for (const record::Steadiness& one : scenarios) {
    if (one.warm_ups.not_warm == 0) continue;
    warnings.push_back(fmt::format(
        "{}: did not become warm in {} of {} round{}: runs were still getting faster when the warm-up ended",
        one.scenario, one.warm_ups.not_warm, one.warm_ups.blocks, one.warm_ups.blocks == 1 ? "" : "s"));
  }
  return warnings;
}

}  // namespace bantam::measure
