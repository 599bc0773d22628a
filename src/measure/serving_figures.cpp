#include "measure/serving_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <queue>

#include "base/clock.hpp"
#include "stats/order.hpp"

namespace bantam::measure {
namespace {

struct Visit {
  std::int64_t arrival_ns = 0;
  std::int64_t begun_ns = 0;
};

// In the order of arrival.
std::vector<Visit> visits(const record::Trial& trial, int streams) {
  std::vector<const record::Stream*> ordered;
  for (const record::Stream& stream : trial.streams) ordered.push_back(&stream);
  std::ranges::stable_sort(ordered, {},
                           [](const record::Stream* stream) { return stream->arrival_ns.value_or(0); });
  std::priority_queue<std::int64_t, std::vector<std::int64_t>, std::greater<>> busy_until_ns;
  std::vector<Visit> all;
  for (const record::Stream* stream : ordered) {
    Visit& visit = all.emplace_back();
    visit.arrival_ns = visit.begun_ns = stream->arrival_ns.value_or(0);
    if (std::ssize(busy_until_ns) >= std::max(1, streams)) {
      visit.begun_ns = std::max(visit.begun_ns, busy_until_ns.top());
      busy_until_ns.pop();
    }
    busy_until_ns.push(visit.arrival_ns +
                       (stream->token_ns.empty() ? stream->prefill_ns : stream->token_ns.back()));
  }
  return all;
}

std::int64_t waiting_at(const std::vector<Visit>& all, std::int64_t time_ns) {
  return std::ranges::count_if(
      all, [time_ns](const Visit& visit) { return visit.arrival_ns <= time_ns && visit.begun_ns > time_ns; });
}

template <typename Counts>
double rate_of(const record::Trial& trial, Counts counts) {
  if (trial.wall_s <= 0.0) return 0.0;
  return static_cast<double>(std::ranges::count_if(trial.streams, counts)) / trial.wall_s;
}

Sampler of_requests(OfStream figure) {
  return [figure](const Trials& trials) {
    std::vector<double> samples;
    for (const auto* trial : trials) {
      for (const auto& stream : trial->streams) {
        if (const auto value = figure(stream)) samples.push_back(*value);
      }
    }
    return samples;
  };
}

Sampler of_trials(std::function<double(const record::Trial&)> figure) {
  return [figure = std::move(figure)](const Trials& trials) {
    std::vector<double> samples;
    for (const auto* trial : trials) samples.push_back(figure(*trial));
    return samples;
  };
}

// Ratios and intervals of blocks are of logarithms, and 0 has none.
void leave_zeros_alone(Summary& summary, const char* metric) {
  const auto is_zero = [metric](const record::BlockFigures& block) {
    const auto found = block.values.find(metric);
    return found != block.values.end() && found->second <= 0.0;
  };
  if (std::ranges::none_of(summary.blocks, is_zero)) return;
  summary.metrics.at(metric).interval.reset();
  for (record::BlockFigures& block : summary.blocks) block.values.erase(metric);
}

void add_percentiles(Summary& summary, const Trials& trials, const char* before, OfStream figure,
                     const std::string& absent_reason) {
  struct Percentile {
    const char* name;
    double fraction;
  };
  constexpr std::array kPercentiles{Percentile{"p90", 0.90}, Percentile{"p95", 0.95},
                                    Percentile{"p99", 0.99}};
  const std::vector<double> samples = of_requests(figure)(trials);
  for (const auto& [name, fraction] : kPercentiles) {
    const std::string metric = fmt::format("{}_{}_s", before, name);
    if (const auto value = stats::supported_percentile(samples, fraction)) {
      summary.metrics[metric] = record::Value{*value, {}, {}, std::ssize(samples)};
    } else if (samples.empty()) {
      summary.absent.try_emplace(metric, absent_reason);
    } else {
      summary.absent.try_emplace(metric, fmt::format("needs {} requests, there are {}",
                                                     stats::percentile_floor(fraction), samples.size()));
    }
  }
}

}  // namespace

std::vector<double> queue_waits_s(const record::Trial& trial, int streams) {
  std::vector<double> waits;
  for (const Visit& visit : visits(trial, streams))
    waits.push_back(base::seconds(visit.begun_ns - visit.arrival_ns));
  return waits;
}

bool is_good(const record::Stream& stream, const Load& load) {
  const auto first_s = ttft_s(stream);
  if (!first_s) return false;
  if (load.max_ttft_s && *first_s > *load.max_ttft_s) return false;
  const auto gap_s = tpot_s(stream);
  return !load.max_tpot_s || !gap_s || *gap_s <= *load.max_tpot_s;
}

double request_rate(const record::Trial& trial) {
  return rate_of(trial, [](const record::Stream& stream) { return !stream.token_ns.empty(); });
}

double good_request_rate(const record::Trial& trial, const Load& load) {
  return rate_of(trial, [&load](const record::Stream& stream) { return is_good(stream, load); });
}

std::optional<std::string> growing_queue(const Trials& trials, const Load& load) {
  constexpr double kGrowth = 1.5;
  if (trials.empty()) return std::nullopt;
  double half = 0.0;
  double end = 0.0;
  double rate = 0.0;
  for (const auto* trial : trials) {
    const auto all = visits(*trial, load.streams);
    if (all.empty()) continue;
    half += static_cast<double>(waiting_at(all, all[(all.size() - 1) / 2].arrival_ns));
    end += static_cast<double>(waiting_at(all, all.back().arrival_ns));
    rate += request_rate(*trial);
  }
  const auto n = static_cast<double>(trials.size());
  if (end / n < 1.0 || end < kGrowth * half) return std::nullopt;
  return fmt::format(
      "poisson: requests came faster than they were served ({}{:.3g} requests/s were served): {:.1f} waited "
      "after "
      "half of the arrivals, {:.1f} after the last",
      load.request_rate ? fmt::format("{:g} requests/s were offered, ", *load.request_rate) : "", rate / n,
      half / n, end / n);
}

void add_poisson(Summary& summary, const Trials& trials, const Load& load, const Put& put) {
  const std::string none =
      load.request_rate ? "no counted poisson trial" : "the scenario poisson is not asked for";
  const std::string no_token = trials.empty() ? none : "no request gave a token";
  const std::string no_gap = trials.empty() ? none : "no request gave two tokens";
  put("requests_per_s", trials, of_trials(request_rate), none);
  const bool is_limited = load.max_ttft_s || load.max_tpot_s;
  put("goodput_requests_per_s", is_limited ? trials : Trials{},
      of_trials([&load](const record::Trial& trial) { return good_request_rate(trial, load); }),
      trials.empty() || is_limited ? none : "neither --max-ttft nor --max-tpot is given");
  put("poisson_ttft_s", trials, of_requests(ttft_s), no_token);
  put("poisson_tpot_s", trials, of_requests(tpot_s), no_gap);
  put("poisson_e2e_latency_s", trials, of_requests(e2e_latency_s), no_token);
  const Sampler waits = [&load](const Trials& some) {
    std::vector<double> samples;
    for (const auto* trial : some) {
      const auto within = queue_waits_s(*trial, load.streams);
      samples.insert(samples.end(), within.begin(), within.end());
    }
    return samples;
  };
  put("poisson_queue_s", load.served ? Trials{} : trials, waits,
      load.served && !trials.empty() ? "a server does not tell how long a request waits" : none);
  for (const char* metric : {"requests_per_s", "goodput_requests_per_s", "poisson_queue_s"})
    leave_zeros_alone(summary, metric);
  add_percentiles(summary, trials, "poisson_ttft", ttft_s, no_token);
  add_percentiles(summary, trials, "poisson_tpot", tpot_s, no_gap);
  add_percentiles(summary, trials, "poisson_e2e_latency", e2e_latency_s, no_token);
  if (load.served) return;
  if (auto warning = growing_queue(trials, load)) summary.warnings.push_back(*std::move(warning));
}

}  // namespace bantam::measure
