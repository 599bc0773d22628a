#include "energy/window_energy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using base::Result;

constexpr double kLeastPeriods = 50.0;
constexpr double kLeastPeriodsAnyway = 2.0;
constexpr double kPeakSpanS = 0.5;
constexpr double kPeakPeriods = 4.0;

auto absent(std::string reason) {
  return base::fail(ErrorKind::environment, std::move(reason));
}

auto invalid(std::string reason) {
  return base::fail(ErrorKind::invalid_measurement, std::move(reason));
}

double seconds_into(const Window& window, std::int64_t time_ns) {
  return base::seconds(time_ns - window.from_ns);
}

// A reading that comes again may be good: it is left out, and is a gap if many are.
bool is_passing(Fault fault) {
  return fault == Fault::unreadable || fault == Fault::malformed;
}

// The readings in the window, and the ones next to it on both sides.
std::span<const Reading> around(const Trace& trace, const Window& window) {
  const auto& all = trace.readings;
  auto first = std::ranges::upper_bound(all, window.from_ns, {}, &Reading::time_ns);
  auto last = std::ranges::lower_bound(all, window.to_ns, {}, &Reading::time_ns);
  if (first != all.begin()) --first;
  if (last != all.end()) ++last;
  return first < last ? std::span<const Reading>(first, last) : std::span<const Reading>();
}

// Those with a value.
Result<std::vector<Reading>> sound_readings(const Trace& trace, const Window& window, const Rules& rules) {
  if (!std::ranges::is_sorted(trace.readings, {}, &Reading::time_ns))
    return invalid("its time stamps go back");
  std::vector<Reading> sound;
  Fault passing = Fault::none;
  const auto all = around(trace, window);
  for (const Reading& reading : all) {
    if (is_passing(reading.fault)) {
      if (passing == Fault::none) passing = reading.fault;
    } else if (reading.fault != Fault::none) {
      return invalid(fmt::format("{} after {:.3g} s", text(reading.fault),
                                 std::max(0.0, seconds_into(window, reading.time_ns))));
    } else if (sound.empty() || reading.time_ns > sound.back().time_ns) {
      sound.push_back(reading);  // of two at one time the first counts
    }
  }
  const auto missed = static_cast<double>(std::ranges::count_if(all, is_passing, &Reading::fault));
  if (missed > rules.most_gap_share * static_cast<double>(all.size())) {
    return invalid(fmt::format("{} in {:.0f} of {} readings", text(passing), missed, all.size()));
  }
  return sound;
}

base::Status check_length(const Trace& trace, const Window& window, double period_s) {
  double least_s = std::max(trace.facts.least_window_s, kLeastPeriodsAnyway * period_s);
  if (!trace.facts.update_period_s) least_s = std::max(least_s, kLeastPeriods * period_s);
  if (window.length_s() >= least_s) return {};
  return absent(fmt::format("the window of {:.3g} s is too short for this sensor, which needs {:.3g} s",
                            window.length_s(), least_s));
}

// A power may come a few periods late at the window's ends, where it is taken as it was.
base::Status check_coverage(const Trace& trace, std::span<const Reading> readings, const Window& window,
                            double slack_s) {
  const bool is_power = trace.facts.quantity == Quantity::watts;
  const double allowed_s = is_power ? slack_s : 0.0;
  const double late_s = seconds_into(window, readings.front().time_ns);
  const double missing_s = base::seconds(window.to_ns - readings.back().time_ns);
  if (late_s > allowed_s) return absent(fmt::format("its readings begin {:.3g} s after the window", late_s));
  if (missing_s > allowed_s)
    return absent(fmt::format("its readings end {:.3g} s before the window", missing_s));
  return {};
}

std::vector<Gap> gaps_in(std::span<const Reading> readings, const Window& window, double most_s) {
  std::vector<Gap> gaps;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    const double from = std::max(0.0, seconds_into(window, readings[i - 1].time_ns));
    const double to = std::min(window.length_s(), seconds_into(window, readings[i].time_ns));
    if (to - from > most_s) gaps.push_back({from, to});
  }
  return gaps;
}

// How long a counter stood still at the longest.
double longest_stand_s(std::span<const Reading> readings) {
  double longest = 0.0;
  std::size_t since = 0;
  for (std::size_t i = 1; i < readings.size(); ++i) {
    if (readings[i].value != readings[i - 1].value) since = i;
    longest = std::max(longest, base::seconds(readings[i].time_ns - readings[since].time_ns));
  }
  return longest;
}

base::Status check_power(const Trace& trace, std::span<const Reading> readings, const Window& window,
                         const Rules& rules, double period_s) {
  const double most = most_watts(trace.facts, rules);
  bool any = false;
  for (const Reading& reading : readings) {
    const double at_s = std::max(0.0, seconds_into(window, reading.time_ns));
    if (reading.value < 0.0)
      return invalid(fmt::format("its power was negative ({:.4g} W) after {:.3g} s", reading.value, at_s));
    if (reading.value > most) {
      return invalid(fmt::format("its power was {:.4g} W after {:.3g} s, more than {:.4g} W is not possible",
                                 reading.value, at_s, most));
    }
    any = any || reading.value > 0.0;
  }
  if (!any) return invalid("it gave 0 W throughout");
  double gap_s = 0.0;
  for (const Gap& gap : gaps_in(readings, window, rules.gap_periods * period_s))
    gap_s += gap.to_s - gap.from_s;
  if (gap_s > rules.most_gap_share * window.length_s())
    return invalid(
        fmt::format("gaps between its readings take {:.3g} of {:.3g} s", gap_s, window.length_s()));
  const auto differs = [&](const Reading& reading) {
    return reading.fault == Fault::none && reading.value != readings.front().value;
  };
  const double covered_s = base::seconds(trace.readings.back().time_ns - trace.readings.front().time_ns);
  const bool is_estimate = trace.facts.grade == device::Grade::d;
  if (rules.working && !is_estimate && covered_s >= rules.stuck_periods * period_s &&
      std::ranges::none_of(trace.readings, differs))
    return invalid(
        fmt::format("it is stuck: {:.4g} W in all readings, with work and without", readings.front().value));
  return {};
}

double peak_of_counter(const EnergyCurve& curve, const Window& window, double span_s, bool& any) {
  double peak = 0.0;
  const auto span_ns = static_cast<std::int64_t>(span_s * 1e9);
  for (const Reading& reading : curve.readings()) {
    const std::int64_t from = std::max(reading.time_ns, window.from_ns);
    if (from + span_ns > window.to_ns) continue;
    any = true;
    peak = std::max(peak, curve.between(from, from + span_ns) / span_s);
  }
  return peak;
}

std::optional<double> peak_watts(const EnergyCurve& curve, const Window& window, double period_s) {
  double peak = 0.0;
  bool any = false;
  if (curve.quantity() == Quantity::joules) {
    peak = peak_of_counter(curve, window, std::max(kPeakSpanS, kPeakPeriods * period_s), any);
  } else {
    for (const Reading& reading : curve.readings()) {
      if (reading.time_ns < window.from_ns || reading.time_ns > window.to_ns) continue;
      peak = std::max(peak, reading.value);
      any = true;
    }
  }
  return any ? std::optional(peak) : std::nullopt;
}

}  // namespace

Result<EnergyCurve> checked_curve(const Trace& trace, const Window& window, const Rules& rules) {
  const double period_s = update_period_s(trace);
  TRY_ASSIGN(std::vector<Reading> readings, sound_readings(trace, window, rules));
  if (readings.size() < 2) return absent(fmt::format("there are {} readings in the window", readings.size()));
  TRY(check_length(trace, window, period_s));
  TRY(check_coverage(trace, readings, window, rules.gap_periods * period_s));
  if (trace.facts.quantity == Quantity::watts) {
    TRY(check_power(trace, readings, window, rules, period_s));
    std::vector<double> joules = integrated(readings);
    return EnergyCurve(std::move(readings), std::move(joules), Quantity::watts);
  }
  const double stand_s = longest_stand_s(readings);
  if (stand_s > std::max(rules.stuck_s, rules.stuck_periods * period_s))
    return invalid(fmt::format("the counter was stuck: it stood still for {:.3g} s", stand_s));
  TRY_ASSIGN(std::vector<double> joules,
             unwrapped(readings, trace.facts.wraps_at_j, most_watts(trace.facts, rules), period_s));
  if (!(joules.back() > 0.0)) return invalid("it gave 0 J throughout");
  return EnergyCurve(std::move(readings), std::move(joules), Quantity::joules);
}

Result<Energy> energy_between(const Trace& trace, const Window& window, const Rules& rules) {
  if (window.to_ns <= window.from_ns) return absent("the window has no length");
  TRY_ASSIGN(const EnergyCurve curve, checked_curve(trace, window, rules));
  Energy energy;
  energy.window_s = window.length_s();
  energy.joules = curve.between(window.from_ns, window.to_ns);
  energy.mean_w = energy.joules / energy.window_s;
  energy.update_period_s = update_period_s(trace);
  energy.peak_w = peak_watts(curve, window, energy.update_period_s);
  energy.samples = std::ranges::count_if(curve.readings(), [&window](const Reading& reading) {
    return reading.time_ns >= window.from_ns && reading.time_ns <= window.to_ns;
  });
  energy.gaps = gaps_in(curve.readings(), window, rules.gap_periods * energy.update_period_s);
  if (const double most = most_watts(trace.facts, rules); energy.mean_w > most) {
    return invalid(
        fmt::format("its mean power is {:.4g} W, more than {:.4g} W is not possible", energy.mean_w, most));
  }
  return energy;
}

base::Status check_supply(const SourceFacts& facts, std::span<const SupplyChange> changes,
                          const Window& window) {
  if (facts.scope != Scope::battery && facts.scope != Scope::wall) return {};
  Supply at_begin = Supply::unknown;
  for (const SupplyChange& change : changes) {
    if (change.time_ns > window.to_ns) break;
    if (change.supply == Supply::unknown) continue;
    if (change.time_ns > window.from_ns && at_begin != Supply::unknown && change.supply != at_begin) {
      return invalid(fmt::format("the machine was {} after {:.3g} s",
                                 change.supply == Supply::mains ? "plugged in" : "unplugged",
                                 seconds_into(window, change.time_ns)));
    }
    at_begin = change.supply;
  }
  if (facts.scope == Scope::battery && at_begin == Supply::mains)
    return invalid(std::string(text(Fault::on_mains)));
  return {};
}

base::Json to_json(const Energy& energy) {
  base::Json json = {{"joules", energy.joules}, {"mean_w", energy.mean_w}};
  base::set_if(json, "peak_w", energy.peak_w);
  json["window_s"] = energy.window_s;
  json["samples"] = energy.samples;
  json["update_period_s"] = energy.update_period_s;
  json["gaps"] = base::Json::array();
  for (const Gap& gap : energy.gaps) json["gaps"].push_back({{"from_s", gap.from_s}, {"to_s", gap.to_s}});
  return json;
}

}  // namespace bantam::energy
