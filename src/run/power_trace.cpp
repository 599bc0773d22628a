#include "run/power_trace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "energy/bins.hpp"
#include "measure/energy_figures.hpp"

namespace bantam::run {
namespace {

using base::Result;
using energy::EnergyCurve;
using energy::Window;
using record::PowerTrace;

constexpr double kLeastPeriodsOfBin = 2.0;

// Of all parts together.
struct Curves {
  std::vector<EnergyCurve> all;
  double period_s = 0.0;  // the longest of them

  double between(std::int64_t from_ns, std::int64_t to_ns) const {
    double joules = 0.0;
    for (const EnergyCurve& curve : all) joules += curve.between(from_ns, to_ns);
    return joules;
  }
};

Result<Curves> curves_of(const energy::Recording& recording, std::span<const std::size_t> parts,
                         const Window& window) {
  energy::Rules rules;
  rules.working = true;
  Curves curves;
  for (const std::size_t part : parts) {
    const energy::Trace& trace = recording.traces[part];
    TRY(energy::check_supply(trace.facts, recording.supply, window));
    TRY_ASSIGN(EnergyCurve curve, energy::checked_curve(trace, window, rules));
    curves.all.push_back(std::move(curve));
    curves.period_s = std::max(curves.period_s, energy::update_period_s(trace));
  }
  return curves;
}

void fill(const Curves& curves, const Window& window, const energy::Bins& bins, PowerTrace& trace) {
  trace.bin_s = bins.length_s;
  trace.window_s = window.length_s();
  trace.begin_s = bins.begin_s();
  const auto edge_ns = [&](std::size_t bin) {
    return window.from_ns + std::llround(1e9 * (trace.begin_s + bins.length_s * static_cast<double>(bin)));
  };
  for (std::size_t i = 0; i < bins.count(); ++i)
    trace.watts.push_back(std::max(0.0, curves.between(edge_ns(i), edge_ns(i + 1)) / bins.length_s));
}

double since(const Window& window, std::int64_t time_ns) {
  return 1e-6 * std::round(1e6 * base::seconds(time_ns - window.from_ns));
}

void add_phase(const char* name, const Window& phase, const Window& window, PowerTrace& trace) {
  const double begin_s = std::max(trace.begin_s, since(window, phase.from_ns));
  const double end_s = std::min(trace.end_s(), since(window, phase.to_ns));
  if (end_s > begin_s) trace.phases.push_back({name, begin_s, end_s});
}

void mark(const BlockTimes& times, std::span<const energy::RequestStamps> requests, PowerTrace& trace) {
  const Window& window = times.window;
  if (times.idle_before) add_phase("idle_before", *times.idle_before, window, trace);
  add_phase("load", {times.work_begins_ns, window.from_ns}, window, trace);
  if (requests.size() > record::kMostPowerRequests) {
    add_phase("requests", window, window, trace);
  } else {
    for (const energy::RequestStamps& request : requests)
      trace.requests.push_back({since(window, request.start_ns), since(window, request.first_token_ns),
                                since(window, request.end_ns)});
  }
  if (times.idle_after) add_phase("idle_after", *times.idle_after, window, trace);
}

bool has_power(const record::Block& block) {
  return block.energy && block.energy->power_trace;
}

bool has_gpus(const record::Block& block) {
  const auto has_trace = [](const record::GpuLoad& gpu) { return gpu.trace.has_value(); };
  return block.energy && std::ranges::any_of(block.energy->gpus, has_trace);
}

void drop_gpus(record::Block& block) {
  for (record::GpuLoad& gpu : block.energy->gpus) gpu.trace.reset();
}

bool counts(const std::vector<record::Trial>& stored, const measure::Gates& gates,
            const record::BlockEnergy& energy) {
  measure::Trials trials;
  for (const record::Trial& trial : stored) trials.push_back(&trial);
  const record::BlockEnergy* only = &energy;
  return measure::judge_block(trials, gates).reasons.empty() && !measure::energy_disturbance(energy) &&
         measure::judge_gpus("", {&only, 1}, gates).reasons.empty();
}

}  // namespace

Window all_of(const BlockTimes& times) {
  return {times.idle_before ? times.idle_before->from_ns : times.work_begins_ns,
          times.idle_after ? times.idle_after->to_ns : times.window.to_ns};
}

Result<PowerTrace> power_trace(const energy::Recording& recording, std::span<const std::size_t> parts,
                               const BlockTimes& times, std::span<const energy::RequestStamps> requests) {
  const Window all = all_of(times);
  TRY_ASSIGN(Curves curves, curves_of(recording, parts, times.window));
  PowerTrace trace;
  auto longer = curves_of(recording, parts, all);
  if (longer)
    curves = *std::move(longer);
  else
    trace.cut = longer.error().message;
  fill(curves, times.window,
       energy::bins_of(times.window, longer ? all : times.window, kLeastPeriodsOfBin * curves.period_s,
                       record::kMostPowerBins),
       trace);
  mark(times, requests, trace);
  return trace;
}

void add_power_trace(const energy::Recording& recording, std::span<const std::size_t> parts,
                     const BlockTimes& times, std::span<const energy::RequestStamps> requests,
                     record::BlockEnergy& block) {
  const record::SourceEnergy* headline = block.headline();
  if (headline == nullptr) return;
  if (!headline->joules) {
    const auto reason = headline->absent.find("joules");
    block.power_trace_absent =
        headline->name + ": " + (reason == headline->absent.end() ? "it has no figure" : reason->second);
    return;
  }
  auto trace = power_trace(recording, parts, times, requests);
  if (trace)
    block.power_trace = *std::move(trace);
  else
    block.power_trace_absent = headline->name + ": " + trace.error().message;
}

base::Status keep_one_trace(store::Store& store, const AttemptName& cell, const measure::Gates& gates,
                            record::Block& block) {
  if (!has_power(block) && !has_gpus(block)) return {};
  TRY_ASSIGN(const auto earlier, store.blocks(cell.cell_key, cell.attempt));
  if (std::ranges::any_of(earlier, has_power)) block.energy->power_trace.reset();
  if (std::ranges::any_of(earlier, has_gpus)) drop_gpus(block);
  if (!has_power(block) && !has_gpus(block)) return {};
  TRY_ASSIGN(const auto stored, store.trials_from(cell.cell_key, cell.attempt, block.round));
  if (counts(stored, gates, *block.energy)) return {};
  if (has_power(block)) block.energy->power_trace_absent = "the block does not count";
  block.energy->power_trace.reset();
  drop_gpus(block);
  return {};
}

}  // namespace bantam::run
