#include "record/gpu_load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/text.hpp"

namespace bantam::record {
namespace {

using base::Json;
using base::Result;

constexpr std::size_t kMostReasons = 32;
constexpr double kRounding = 1e-6;

struct ThrottlingReason {
  std::string_view key;
  std::string_view text;
};
constexpr auto kThrottlingReasons =
    std::to_array<ThrottlingReason>({{"hw_slowdown", "slowed down by its hardware"},
                                     {"sw_thermal_slowdown", "too hot for its driver"},
                                     {"hw_thermal_slowdown", "too hot"},
                                     {"hw_power_brake", "short of power"}});

tl::unexpected<base::Error> refuse_gpu(std::string_view what) {
  return base::fail(base::ErrorKind::bad_input, fmt::format("the load of a GPU {}", what));
}

bool is_share(const std::optional<double>& share) {
  return share && std::isfinite(*share) && *share >= 0.0 && *share <= 1.0 + kRounding;
}

Json series_json(const GpuTrace::Series& series) {
  Json json = Json::array();
  for (const auto& mean : series) json.push_back(mean ? Json(*mean) : Json(nullptr));
  return json;
}

Json trace_json(const GpuTrace& trace) {
  Json json{{"begin_s", trace.begin_s}, {"bin_s", trace.bin_s}, {"window_s", trace.window_s}};
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    if (!trace.means[i].empty()) json[std::string(kGpuFigureFacts[i].key)] = series_json(trace.means[i]);
  }
  if (!trace.throttled.empty()) json["throttled_share"] = series_json(trace.throttled);
  return json;
}

// Takes a series into a trace whose other ones have `bins` members, or none yet.
base::Status take_series(const Json& json, double most, std::size_t& bins, GpuTrace::Series& series) {
  if (!json.is_array() || json.empty() || json.size() > kMostGpuBins || (bins != 0 && json.size() != bins))
    return refuse_gpu(fmt::format("does not have series of one length with 1 to {} bins", kMostGpuBins));
  bins = json.size();
  for (const Json& one : json) {
    if (one.is_null()) {
      series.emplace_back();
      continue;
    }
    if (!one.is_number() || !std::isfinite(one.get<double>()) || one.get<double>() < 0.0 ||
        one.get<double>() > most * (1.0 + kRounding))
      return refuse_gpu("has a bin that cannot be");
    series.emplace_back(one.get<double>());
  }
  return {};
}

Result<GpuTrace> trace_from(const Json& json) {
  const auto begin_s = base::number_at(json, "begin_s");
  const auto bin_s = base::number_at(json, "bin_s");
  const auto window_s = base::number_at(json, "window_s");
  if (!begin_s || !bin_s || !window_s || !std::isfinite(*begin_s) || !std::isfinite(*bin_s) ||
      !std::isfinite(*window_s) || *begin_s > 0.0 || !(*bin_s > 0.0) || !(*window_s > 0.0))
    return refuse_gpu("has times that cannot be");
  GpuTrace trace{*begin_s, *bin_s, *window_s, {}, {}};
  std::size_t bins = 0;
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    const Json& series = base::child_at(json, kGpuFigureFacts[i].key);
    if (series.empty()) continue;
    TRY(take_series(series, kGpuFigureFacts[i].most, bins, trace.means[i]));
  }
  const Json& throttled = base::child_at(json, "throttled_share");
  if (!throttled.empty()) {
    TRY(take_series(throttled, 1.0, bins, trace.throttled));
  }
  if (bins == 0) return refuse_gpu("has a series without bins");
  return trace;
}

Result<GpuThrottle> throttle_from(const Json& json) {
  const auto share = base::number_at(json, "share");
  const auto times = base::integer_at(json, "times");
  const Json& reasons = base::child_at(json, "reasons");
  if (!is_share(share) || !times || *times < 0 || reasons.size() > kMostReasons)
    return refuse_gpu("has a share of throttling that is none");
  GpuThrottle throttle{{}, *share, *times};
  for (const auto& [reason, value] : reasons.items()) {
    if (!value.is_number() || !is_share(value.template get<double>()))
      return refuse_gpu("has a share of a reason that is none");
    throttle.shares[reason] = value.template get<double>();
  }
  return throttle;
}

Result<GpuSpan> span_from(const Json& json, const GpuFigureFacts& facts) {
  const auto mean = base::number_at(json, "mean");
  const auto min = base::number_at(json, "min");
  const auto max = base::number_at(json, "max");
  const double slack = kRounding * max.value_or(0.0);
  const bool can_be = mean && min && max && std::isfinite(*mean) && *min >= 0.0 && *min <= *mean + slack &&
                      *mean <= *max + slack && *max <= facts.most;
  if (!can_be) return refuse_gpu(fmt::format("has a '{}' that cannot be", facts.key));
  return GpuSpan{*mean, *min, *max};
}

double weighted(double a, std::int64_t of_a, double b, std::int64_t of_b) {
  const double all = static_cast<double>(of_a + of_b);
  return all > 0.0 ? (a * static_cast<double>(of_a) + b * static_cast<double>(of_b)) / all : 0.0;
}

void add_throttle(GpuThrottle& sum, std::int64_t of_sum, const GpuThrottle& part, std::int64_t of_part) {
  for (const auto& [reason, share] : part.shares) sum.shares.try_emplace(reason, 0.0);
  for (auto& [reason, share] : sum.shares) {
    const auto found = part.shares.find(reason);
    share = weighted(share, of_sum, found == part.shares.end() ? 0.0 : found->second, of_part);
  }
  sum.share = weighted(sum.share, of_sum, part.share, of_part);
  sum.times += part.times;
}

}  // namespace

bool is_throttling(std::string_view reason) {
  return std::ranges::find(kThrottlingReasons, reason, &ThrottlingReason::key) != kThrottlingReasons.end();
}

std::string throttling_text(const GpuThrottle& throttle) {
  std::vector<std::string> parts;
  for (const ThrottlingReason& reason : kThrottlingReasons) {
    const auto found = throttle.shares.find(std::string(reason.key));
    if (found == throttle.shares.end()) continue;
    parts.push_back(
        fmt::format("{} ({}) {:.1f} % of the time", reason.text, reason.key, 100.0 * found->second));
  }
  return base::join(parts, ", ");
}

void add_gpu_load(GpuLoad& sum, const GpuLoad& part) {
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    const auto& more = part.figures[i];
    if (sum.figures[i] && more) {
      GpuSpan& span = *sum.figures[i];
      span = {weighted(span.mean, sum.readings, more->mean, part.readings), std::min(span.min, more->min),
              std::max(span.max, more->max)};
    } else {
      sum.figures[i].reset();
    }
  }
  if (sum.throttle && part.throttle)
    add_throttle(*sum.throttle, sum.readings, *part.throttle, part.readings);
  else
    sum.throttle.reset();
  for (const auto& [key, why] : part.absent) sum.absent.try_emplace(key, why);
  sum.readings += part.readings;
  sum.trace.reset();
}

Json to_json(const GpuLoad& load) {
  Json json{{"name", load.name},
            {"product", load.product},
            {"interval_s", load.interval_s},
            {"readings", load.readings}};
  base::set_if(json, "memory_total_bytes", load.memory_total_bytes);
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    if (const auto& span = load.figures[i])
      json[std::string(kGpuFigureFacts[i].key)] = {
          {"mean", span->mean}, {"min", span->min}, {"max", span->max}};
  }
  if (load.throttle)
    json[std::string(kGpuThrottleKey)] = {{"share", load.throttle->share},
                                          {"times", load.throttle->times},
                                          {"reasons", Json(load.throttle->shares)}};
  if (!load.absent.empty()) json["absent"] = load.absent;
  if (load.trace) json["trace"] = trace_json(*load.trace);
  return json;
}

Result<GpuLoad> gpu_load_from(const Json& json) {
  const auto name = base::string_at(json, "name");
  const auto readings = base::integer_at(json, "readings");
  if (!name || !readings || *readings < 0) return refuse_gpu("lacks 'name' or 'readings'");
  GpuLoad load;
  load.name = *name;
  load.readings = *readings;
  load.product = base::string_at(json, "product").value_or("");
  load.interval_s = base::number_at(json, "interval_s").value_or(0.0);
  load.memory_total_bytes = base::integer_at(json, "memory_total_bytes");
  if (!std::isfinite(load.interval_s) || load.interval_s < 0.0 || load.memory_total_bytes.value_or(0) < 0)
    return refuse_gpu("has an 'interval_s' or 'memory_total_bytes' that cannot be");
  for (std::size_t i = 0; i < kGpuFigures; ++i) {
    const Json& span = base::child_at(json, kGpuFigureFacts[i].key);
    if (span.empty()) continue;
    TRY_ASSIGN(load.figures[i], span_from(span, kGpuFigureFacts[i]));
  }
  const Json& throttle = base::child_at(json, kGpuThrottleKey);
  if (!throttle.empty()) {
    TRY_ASSIGN(load.throttle, throttle_from(throttle));
  }
  for (const auto& [key, why] : base::child_at(json, "absent").items()) {
    if (why.is_string()) load.absent[key] = why.template get<std::string>();
  }
  const Json& trace = base::child_at(json, "trace");
  if (!trace.empty()) {
    TRY_ASSIGN(load.trace, trace_from(trace));
  }
  return load;
}

}  // namespace bantam::record
