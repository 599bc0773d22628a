#include "energy/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/clock.hpp"

namespace bantam::energy {
namespace {

using base::ErrorKind;
using base::Result;

Result<Window> window_of(std::span<const RequestStamps> requests) {
  if (requests.empty()) return base::fail(ErrorKind::usage, "there are no requests to split the energy of");
  Window all{std::numeric_limits<std::int64_t>::max(), std::numeric_limits<std::int64_t>::min()};
  for (const RequestStamps& request : requests) {
    if (request.first_token_ns < request.start_ns || request.end_ns < request.first_token_ns) {
      return base::fail(ErrorKind::usage, "a request's time stamps are not in order");
    }
    all.from_ns = std::min(all.from_ns, request.start_ns);
    all.to_ns = std::max(all.to_ns, request.end_ns);
  }
  return all;
}

// `joules` where the phase is long enough for the sensor.
PhaseEnergy phase(std::string_view name, double joules, double time_s, std::size_t requests, double period_s,
                  const Rules& rules) {
  const double mean_s = time_s / static_cast<double>(requests);
  const double least_s = rules.least_phase_periods * period_s;
  if (mean_s >= least_s) return {joules, time_s};
  return {base::fail(ErrorKind::environment,
                     fmt::format(
                         "{} takes {:.3g} s per request; to tell its energy apart this sensor needs {:.3g} s",
                         name, mean_s, least_s)),
          time_s};
}

}  // namespace

Result<double> net_joules(const Energy& gross, const std::optional<double>& idle_before_w,
                          const std::optional<double>& idle_after_w) {
  if (!idle_before_w || !idle_after_w) {
    return base::fail(ErrorKind::environment, fmt::format("the idle power {} the work is not known",
                                                          idle_before_w ? "after" : "before"));
  }
  const double idle_j = 0.5 * (*idle_before_w + *idle_after_w) * gross.window_s;
  if (idle_j > gross.joules) {
    return base::fail(
        ErrorKind::environment,
        fmt::format("idling took {:.4g} J in the same time, the work {:.4g} J", idle_j, gross.joules));
  }
  return gross.joules - idle_j;
}

Result<SplitEnergy> split_phases(const Trace& trace, std::span<const RequestStamps> requests,
                                 const Rules& rules) {
  TRY_ASSIGN(const Window window, window_of(requests));
  const auto curve = checked_curve(trace, window, rules);
  if (!curve) {
    const PhaseEnergy none{tl::unexpected(curve.error()), 0.0};
    return SplitEnergy{none, none};
  }
  double prefill_j = 0.0, prefill_s = 0.0, decode_j = 0.0, decode_s = 0.0;
  for (const RequestStamps& request : requests) {
    prefill_j += curve->between(request.start_ns, request.first_token_ns);
    decode_j += curve->between(request.first_token_ns, request.end_ns);
    prefill_s += base::seconds(request.first_token_ns - request.start_ns);
    decode_s += base::seconds(request.end_ns - request.first_token_ns);
  }
  const double period_s = update_period_s(trace);
  return SplitEnergy{phase("prefill", prefill_j, prefill_s, requests.size(), period_s, rules),
                     phase("decode", decode_j, decode_s, requests.size(), period_s, rules)};
}

}  // namespace bantam::energy
