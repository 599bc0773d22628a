#include "run/power_trace.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/clock.hpp"
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

// How many bins of which length: the window is a whole number of them.
struct Bins {
  double length_s = 0.0;
  std::size_t before = 0;
  std::size_t within = 1;
  std::size_t after = 0;
};

std::size_t whole(double bins, std::size_t most) {
  return static_cast<std::size_t>(std::clamp(std::floor(bins + 1e-9), 0.0, static_cast<double>(most)));
}

Bins bins_of(const Window& window, const Window& all, double period_s) {
  const double least_s =
      std::max(kLeastPeriodsOfBin * period_s, all.length_s() / static_cast<double>(record::kMostPowerBins));
  Bins bins;
  bins.within = std::max<std::size_t>(1, whole(window.length_s() / least_s, record::kMostPowerBins));
  bins.length_s = window.length_s() / static_cast<double>(bins.within);
  const std::size_t room = (record::kMostPowerBins - bins.within) / 2;
  const double before_s = base::seconds(window.from_ns - all.from_ns);
  const double after_s = base::seconds(all.to_ns - window.to_ns);
  bins.before = whole(before_s / bins.length_s, record::kMostPowerBins);
  bins.after = whole(after_s / bins.length_s, record::kMostPowerBins);
  if (bins.before + bins.within + bins.after > record::kMostPowerBins) {
    bins.before = std::min(bins.before, room);
    bins.after = std::min(bins.after, room);
  }
  return bins;
}

void fill(const Curves& curves, const Window& window, const Bins& bins, PowerTrace& trace) {
  trace.bin_s = bins.length_s;
  trace.window_s = window.length_s();
  trace.begin_s = -static_cast<double>(bins.before) * bins.length_s;
  const auto edge_ns = [&](std::size_t bin) {
    return window.from_ns + std::llround(1e9 * (trace.begin_s + bins.length_s * static_cast<double>(bin)));
  };
  for (std::size_t i = 0; i < bins.before + bins.within + bins.after; ++i)
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

}  // namespace

Result<PowerTrace> power_trace(const energy::Recording& recording, std::span<const std::size_t> parts,
                               const BlockTimes& times, std::span<const energy::RequestStamps> requests) {
  const Window all{times.idle_before ? times.idle_before->from_ns : times.work_begins_ns,
                   times.idle_after ? times.idle_after->to_ns : times.window.to_ns};
  TRY_ASSIGN(Curves curves, curves_of(recording, parts, times.window));
  PowerTrace trace;
  auto longer = curves_of(recording, parts, all);
  if (longer)
    curves = *std::move(longer);
  else
    trace.cut = longer.error().message;
  fill(curves, times.window, bins_of(times.window, longer ? all : times.window, curves.period_s), trace);
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

base::Status keep_one_power_trace(store::Store& store, const AttemptName& cell, const measure::Gates& gates,
                                  record::Block& block) {
  if (!block.energy || !block.energy->power_trace) return {};
  TRY_ASSIGN(const auto earlier, store.blocks(cell.cell_key, cell.attempt));
  const bool has_one = std::ranges::any_of(earlier, [](const record::Block& one) {
    return one.energy.has_value() && one.energy->power_trace.has_value();
  });
  if (has_one) {
    block.energy->power_trace.reset();
    return {};
  }
  TRY_ASSIGN(const auto stored, store.trials_from(cell.cell_key, cell.attempt, block.round));
  measure::Trials trials;
  for (const record::Trial& trial : stored) trials.push_back(&trial);
  if (measure::judge_block(trials, gates).reasons.empty() && !measure::energy_disturbance(*block.energy))
    return {};
  block.energy->power_trace.reset();
  block.energy->power_trace_absent = "the block does not count";
  return {};
}

}  // namespace bantam::run
