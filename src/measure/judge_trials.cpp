#include "measure/judge_trials.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "measure/counters.hpp"
#include "measure/load.hpp"
#include "measure/without_draft.hpp"
#include "measure/workload.hpp"

namespace bantam::measure {
namespace {

constexpr std::size_t kFewestProbes = 8;  // two in each of the quarters that are compared

void judge_cache(Validity& validity, const Trials& trials) {
  std::int64_t cached = 0;
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams) cached = std::max(cached, stream.cached_tokens);
  }
  if (cached == 0) return;
  validity.reasons.push_back(
      fmt::format("cache active: {} prompt tokens of a request came from a cache", cached));
}

// A sequence must give one vector in every repetition; in its last bits it may depend on its place in a
// batch.
void judge_vectors(Validity& validity, const std::string& scenario, const Trials& trials) {
  std::map<std::size_t, std::set<std::string_view>> by_place;
  for (const auto* trial : trials) {
    for (std::size_t i = 0; i < trial->streams.size(); ++i)
      by_place[i].insert(trial->streams[i].output_sha256);
  }
  if (std::ranges::all_of(by_place, [](const auto& place) { return place.second.size() == 1; })) return;
  validity.warnings.push_back(
      fmt::format("{}: nondeterministic: one sequence gave different vectors", scenario));
}

// Greedy decoding of one prompt must give one output, in every repetition and on every stream.
void judge_outputs(Validity& validity, const std::string& scenario, const Trials& trials) {
  std::set<std::string_view> outputs;
  std::size_t requests = 0;
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams) {
      outputs.insert(stream.output_sha256);
      ++requests;
    }
  }
  if (outputs.size() < 2) return;
  validity.warnings.push_back(
      fmt::format("{}: nondeterministic: {} requests with one prompt gave {} different outputs", scenario,
                  requests, outputs.size()));
}

void judge_machine(Validity& validity, const std::string& scenario, const Trials& trials,
                   const Gates& gates) {
  std::vector<Window> windows;
  std::vector<double> probes_s;
  for (const auto* trial : trials) {
    windows.push_back(window_from(trial->counters));
    if (const auto probe = base::number_at(trial->counters, kSpinProbeKey)) probes_s.push_back(*probe);
  }
  const Window all = total(windows);
  validity.add(judge(scenario, all, gates));
  // A few probes within a moment differ by what else happens in it: they warn, and decide nothing.
  Gates for_probes = gates;
  const bool is_long = all.total_s && *all.total_s >= gates.least_total_s;
  if (probes_s.size() < kFewestProbes || !is_long) for_probes.spin_drift.invalid_above.reset();
  validity.add(judge_spin_probes(scenario, probes_s, for_probes));
}

// Runs that do not count: repeated, or so many that the scenario ended with them.
void judge_disturbed(Validity& validity, const std::string& scenario, const Trials& trials,
                     const Gates& gates) {
  std::int64_t count = 0;
  std::string last;
  for (const auto* trial : trials) {
    if (trial->warmup || trial->scenario != scenario) continue;
    const auto disturbed = disturbance(*trial);
    if (!disturbed) continue;
    ++count;
    last = *disturbed;
  }
  if (gates.paused_runs.invalid_above && static_cast<double>(count) > *gates.paused_runs.invalid_above) {
    validity.reasons.push_back(
        fmt::format("{}: {} runs were disturbed and do not count: {}", scenario, count, last));
  } else if (count > 0) {
    validity.warnings.push_back(fmt::format("{}: {} {} disturbed and repeated: {}", scenario, count,
                                            count == 1 ? "run was" : "runs were", last));
  }
}

// Each value that differs from the one before it.
std::vector<std::string> changes(std::optional<std::string> first, const Trials& trials,
                                 const char* counter) {
  std::vector<std::string> values;
  if (first) values.push_back(*std::move(first));
  for (const auto* trial : trials) {
    const auto value = base::string_at(trial->counters, counter);
    if (value && (values.empty() || values.back() != *value)) values.push_back(*value);
  }
  return values;
}

void judge_cpus(Validity& validity, const std::optional<std::string>& before, const Trials& trials) {
  auto values = changes(before, trials, kCpusKey);
  if (values.size() < 2) values = changes({}, trials, kFirstThreadCpusKey);
  if (values.size() < 2) return;
  validity.reasons.push_back(fmt::format(
      "the CPUs that the program may use changed while it was measured: {}", fmt::join(values, ", then ")));
}

}  // namespace

Validity judge_block(const Trials& trials, const Gates& gates) {
  Validity validity;
  for (const std::string_view scenario : record::kScenarios) {
    Gates own = gates;
    if (scenario == kSustained) own.spin_drift.invalid_above.reset();  // becoming slower is what it measures
    judge_machine(validity, std::string(scenario), counted(trials, scenario), own);
  }
  for (const char* scenario : {kLoadCold, kLoadWarm}) judge_disturbed(validity, scenario, trials, gates);
  for (const std::string_view scenario : record::kScenarios)
    judge_disturbed(validity, std::string(scenario), trials, gates);
  return validity;
}

Validity judge_answers(const Trials& trials, bool encoder) {
  Validity validity;
  judge_cache(validity, trials);
  const auto judge_scenario = encoder ? judge_vectors : judge_outputs;
  for (const char* scenario : {kSingleStream, kOffline, kPoisson, kSustained})
    judge_scenario(validity, scenario, counted(trials, scenario));
  judge_drafts(validity, trials);
  return validity;
}

Validity judge_cpus(const Trials& trials, const std::optional<std::string>& cpus_before) {
  Validity validity;
  judge_cpus(validity, cpus_before, trials);
  return validity;
}

}  // namespace bantam::measure
