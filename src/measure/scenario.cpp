#include "measure/scenario.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "measure/block.hpp"
#include "measure/counters.hpp"
#include "measure/resource_counts.hpp"
#include "measure/validity.hpp"
#include "measure/warm_up.hpp"
#include "record/scenario.hpp"
#include "stats/order.hpp"

namespace bantam::measure {
namespace {

constexpr std::int64_t kPssPeriodNs = 2'000'000'000;

// Where the time alone is to end a scenario; a cell of ten rounds stays below what a bundle takes.
constexpr std::int64_t kMostTimedTrials = 8 * kMostTrials;

// One scenario of one workload, from its first warm-up to its end.
class ScenarioRun {
 public:
  ScenarioRun(std::string scenario, const plan::PerformanceSettings& settings, const base::Clock& clock,
              std::int64_t origin_ns, TrialSink& sink)
      : scenario_(std::move(scenario)),
        settings_(settings),
        clock_(clock),
        origin_ns_(origin_ns),
        sink_(sink),
        most_disturbed_(static_cast<std::int64_t>(
            gates_for(settings).paused_runs.invalid_above.value_or(kMostDisturbed))) {}

  base::Status run(const Repetition& repetition) {
    TRY(sink_.on_warm_up(scenario_));
    TRY(warm_up(repetition));
    TRY(sink_.on_counting(scenario_));
    const std::int64_t begin_ns = clock_.now_ns();
    while (true) {
      TRY_ASSIGN(const auto trial, observe(repetition, false));
      TRY(sink_.on_trial(trial));
      if (disturbance(trial)) {
        ++disturbed_;
      } else {
        latencies_s_.push_back(trial.wall_s);
      }
      if (const auto rule = met_rule(base::seconds(clock_.now_ns() - begin_ns))) {
        return sink_.on_scenario_end({scenario_, *rule, counted(), relative_interval()});
      }
    }
  }

 private:
  base::Status warm_up(const Repetition& repetition) {
    const std::int64_t begin_ns = clock_.now_ns();
    std::vector<double> times_s;
    while (warms_up_further(times_s, settings_.num_warmup, base::seconds(clock_.now_ns() - begin_ns),
                            settings_.max_seconds)) {
      TRY_ASSIGN(const auto trial, observe(repetition, true));
      TRY(sink_.on_trial(trial));
      times_s.push_back(trial.wall_s);
    }
    return {};
  }

  base::Result<record::Trial> observe(const Repetition& repetition, bool warmup) {
    const Snapshot before = read_snapshot();
    const ResourceCounts counts_before = read_resources();
    const double start_s = base::seconds(clock_.now_ns() - origin_ns_);
    TRY_ASSIGN(record::Trial trial, repetition());
    const ResourceCounts counts_after = read_resources();
    const Snapshot after = read_snapshot();
    trial.scenario = scenario_;
    trial.index = next_index_++;
    trial.warmup = warmup;
    trial.start_s = start_s;
    const base::Json own = std::exchange(trial.counters, counters_between(before.own, after.own));
    if (own.is_object()) trial.counters.update(own);
    const Window window = window_between(before, after);
    trial.counters.update(to_json(window));
    trial.counters.update(resources_between(counts_before, counts_after));
    trial.counters.update(cpu_counters());
    trial.counters[kSpinProbeKey] = spin_probe_s(clock_);
    add_pss(trial);
    return trial;
  }

  // With large models this is slow: after the first trial, then at most once in kPssPeriodNs, and not again
  // where there is to be no pause.
  void add_pss(record::Trial& trial) {
    if (pss_read_ns_ && scenario_ == record::kSustained) return;
    if (pss_read_ns_ && clock_.now_ns() - *pss_read_ns_ < kPssPeriodNs) return;
    if (const auto bytes = read_pss_bytes()) trial.counters[kPssKey] = *bytes;
    pss_read_ns_ = clock_.now_ns();
  }

  std::int64_t counted() const { return static_cast<std::int64_t>(latencies_s_.size()); }

  // Absent below kFewestTrials.
  std::optional<double> relative_interval() const {
    const auto found = stats::median_interval(latencies_s_);
    const auto middle = stats::median(latencies_s_);
    if (!found || !middle || *middle <= 0.0) return std::nullopt;
    return (found->interval.high - found->interval.low) / *middle;
  }

  // Absent: go on.
  std::optional<StopRule> met_rule(double elapsed_s) const {
    if (disturbed_ > most_disturbed_) return StopRule::disturbed;
    if (latencies_s_.empty()) return std::nullopt;
    if (settings_.num_runs) {
      return counted() >= *settings_.num_runs ? std::optional(StopRule::forced_count) : std::nullopt;
    }
    // Where no interval is asked for none is computed: with many trials that is work of its own.
    const bool by_interval = settings_.target_interval >= 0.0;
    const auto width = by_interval ? relative_interval() : std::nullopt;
    if (width && *width <= settings_.target_interval) return StopRule::interval_reached;
    if (elapsed_s >= settings_.max_seconds) return StopRule::time_budget;
    if (counted() >= (by_interval ? kMostTrials : kMostTimedTrials)) return StopRule::count_limit;
    return std::nullopt;
  }

  const std::string scenario_;
  const plan::PerformanceSettings& settings_;
  const base::Clock& clock_;
  const std::int64_t origin_ns_;
  TrialSink& sink_;
  const std::int64_t most_disturbed_;
  std::int64_t next_index_ = 0;
  std::optional<std::int64_t> pss_read_ns_;
  std::vector<double> latencies_s_;  // of the counted trials
  std::int64_t disturbed_ = 0;       // trials that do not count
};

}  // namespace

std::string_view name(StopRule rule) {
  switch (rule) {
    case StopRule::forced_count:
      return "forced_count";
    case StopRule::interval_reached:
      return "interval_reached";
    case StopRule::time_budget:
      return "time_budget";
    case StopRule::count_limit:
      return "count_limit";
    case StopRule::disturbed:
      return "disturbed";
  }
  return "";
}

std::string sentence(const ScenarioEnd& end) {
  const std::string width =
      end.relative_interval ? fmt::format("interval {:.2g} % of the median", *end.relative_interval * 100.0)
                            : fmt::format("no interval below {} trials", kFewestTrials);
  return fmt::format("{}: {} trial{}, ended by {} ({})", end.scenario, end.counted_trials,
                     end.counted_trials == 1 ? "" : "s", name(end.rule), width);
}

base::Status run_scenario(std::string scenario, const Repetition& repetition,
                          const plan::PerformanceSettings& settings, const base::Clock& clock,
                          std::int64_t origin_ns, TrialSink& sink) {
  return ScenarioRun(std::move(scenario), settings, clock, origin_ns, sink).run(repetition);
}

}  // namespace bantam::measure
