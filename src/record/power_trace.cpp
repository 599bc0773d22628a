#include "record/power_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace bantam::record {
namespace {

using base::Json;
using base::Result;

constexpr double kWhole = 1e-6;  // of a bin, by which a whole number of them may be off

tl::unexpected<base::Error> refuse_trace(std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("a trace of power {}", what));
}

bool is_whole(double bins) {
  return std::abs(bins - std::round(bins)) <= kWhole * std::max(1.0, std::abs(bins));
}

Result<PowerPhase> power_phase_from(const Json& json) {
  const auto name = base::string_at(json, "name");
  const auto begin_s = base::number_at(json, "begin_s");
  const auto end_s = base::number_at(json, "end_s");
  if (!name || !begin_s || !end_s || !std::isfinite(*begin_s) || !std::isfinite(*end_s) || *end_s < *begin_s)
    return refuse_trace("has a phase without a name, or that ends before it begins");
  return PowerPhase{*name, *begin_s, *end_s};
}

Result<PowerRequest> power_request_from(const Json& json) {
  if (!json.is_array() || json.size() != 3 || !json[0].is_number() || !json[1].is_number() ||
      !json[2].is_number())
    return refuse_trace("has a request that is not three numbers");
  const PowerRequest request{json[0].get<double>(), json[1].get<double>(), json[2].get<double>()};
  if (!std::isfinite(request.begin_s) || !std::isfinite(request.end_s) ||
      !(request.begin_s <= request.first_token_s && request.first_token_s <= request.end_s))
    return refuse_trace("has a request whose times go back");
  return request;
}

base::Status take_watts(const Json& watts, PowerTrace& trace) {
  if (!watts.is_array() || watts.empty() || watts.size() > kMostPowerBins)
    return refuse_trace(fmt::format("does not have 1 to {} bins", kMostPowerBins));
  for (const Json& one : watts) {
    if (!one.is_number() || !std::isfinite(one.get<double>()) || one.get<double>() < 0.0)
      return refuse_trace("has a power that cannot be");
    trace.watts.push_back(one.get<double>());
  }
  return {};
}

base::Status take_marks(const Json& json, PowerTrace& trace) {
  const Json& phases = base::child_at(json, "phases");
  const Json& requests = base::child_at(json, "requests");
  if (!phases.is_array() || !requests.is_array()) return refuse_trace("lacks 'phases' or 'requests'");
  if (phases.size() > kMostPowerPhases || requests.size() > kMostPowerRequests)
    return refuse_trace("has more phases or requests than any");
  for (const Json& one : phases) {
    TRY_ASSIGN(PowerPhase phase, power_phase_from(one));
    trace.phases.push_back(std::move(phase));
  }
  for (const Json& one : requests) {
    TRY_ASSIGN(const PowerRequest request, power_request_from(one));
    trace.requests.push_back(request);
  }
  return {};
}

}  // namespace

double PowerTrace::window_joules() const {
  if (!(bin_s > 0.0)) return 0.0;
  const auto first = static_cast<std::size_t>(std::max(0.0, std::round(-begin_s / bin_s)));
  const auto count = static_cast<std::size_t>(std::max(0.0, std::round(window_s / bin_s)));
  double sum = 0.0;
  for (std::size_t i = first; i < std::min(first + count, watts.size()); ++i) sum += watts[i];
  return sum * bin_s;
}

Json to_json(const PowerTrace& trace) {
  Json json{{"begin_s", trace.begin_s}, {"bin_s", trace.bin_s},    {"window_s", trace.window_s},
            {"watts", trace.watts},     {"phases", Json::array()}, {"requests", Json::array()}};
  for (const PowerPhase& phase : trace.phases)
    json["phases"].push_back({{"name", phase.name}, {"begin_s", phase.begin_s}, {"end_s", phase.end_s}});
  for (const PowerRequest& request : trace.requests)
    json["requests"].push_back(Json::array({request.begin_s, request.first_token_s, request.end_s}));
  if (!trace.cut.empty()) json["cut"] = trace.cut;
  return json;
}

Result<PowerTrace> power_trace_from(const Json& json) {
  const auto begin_s = base::number_at(json, "begin_s");
  const auto bin_s = base::number_at(json, "bin_s");
  const auto window_s = base::number_at(json, "window_s");
  if (!begin_s || !bin_s || !window_s) return refuse_trace("lacks 'begin_s', 'bin_s' or 'window_s'");
  if (!std::isfinite(*begin_s) || !std::isfinite(*window_s) || !std::isfinite(*bin_s) || *begin_s > 0.0 ||
      !(*bin_s > 0.0) || !(*window_s > 0.0))
    return refuse_trace("has times that cannot be");
  if (!is_whole(*begin_s / *bin_s) || !is_whole(*window_s / *bin_s))
    return refuse_trace("has a window that is no whole number of bins");
  PowerTrace trace;
  trace.begin_s = *begin_s;
  trace.bin_s = *bin_s;
  trace.window_s = *window_s;
  TRY(take_watts(base::child_at(json, "watts"), trace));
  if (trace.end_s() < trace.window_s - 0.5 * trace.bin_s) return refuse_trace("ends before its window does");
  TRY(take_marks(json, trace));
  trace.cut = base::string_at(json, "cut").value_or("");
  return trace;
}

}  // namespace bantam::record
