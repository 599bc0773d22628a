#include "measure/open_loop.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "measure/workload.hpp"
#include "stats/python_random.hpp"

namespace bantam::measure {
namespace {

// Time for the engine to make room for the outputs before the first request arrives.
constexpr std::int64_t kLeadNs = 20'000'000;

base::Result<record::Trial> serve(engine::Engine& engine, const plan::PerformanceSettings& settings,
                                  std::vector<engine::GenerateRequest>& requests,
                                  const std::vector<std::int64_t>& schedule, const base::Clock& clock) {
  engine::GenerateOptions options;
  options.max_new_tokens = settings.max_new_tokens;
  options.ignore_eos = settings.ignore_eos;
  options.refill = true;
  const std::int64_t first_ns = clock.now_ns() + kLeadNs;
  for (std::size_t i = 0; i < requests.size(); ++i) requests[i].arrival_ns = first_ns + schedule[i];
  TRY_ASSIGN(const auto generations, engine.generate(requests, options));
  record::Trial trial;
  trial.wall_s = wall_seconds(generations).value_or(base::seconds(clock.now_ns() - first_ns));
  for (const auto& generation : generations) {
    trial.streams.push_back(stream_from(generation));
    trial.streams.back().arrival_ns = generation.submitted_ns - first_ns;
  }
  return trial;
}

}  // namespace

std::int64_t requests_in_block(const plan::PerformanceSettings& block) {
  if (block.num_runs) return *block.num_runs;
  const double arriving = std::ceil(block.request_rate.value_or(0.0) * block.max_seconds);
  return static_cast<std::int64_t>(
      std::clamp(arriving, static_cast<double>(kFewestRequests), static_cast<double>(kMostRequests)));
}

std::vector<std::int64_t> arrival_schedule(double rate, std::int64_t count, std::int64_t round) {
  stats::PythonRandom random(static_cast<std::uint64_t>(round));
  std::vector<std::int64_t> schedule;
  schedule.reserve(static_cast<std::size_t>(count));
  double time_s = 0.0;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) time_s += -std::log(1.0 - random.uniform()) / rate;
    schedule.push_back(static_cast<std::int64_t>(std::llround(time_s * 1e9)));
  }
  return schedule;
}

base::Status run_poisson(const ServeArrivals& serve, const plan::PerformanceSettings& settings,
                         std::int64_t round, const base::Clock& clock, std::int64_t origin_ns,
                         TrialSink& sink) {
  const auto schedule =
      arrival_schedule(settings.request_rate.value_or(1.0), requests_in_block(settings), round);
  const std::vector<std::int64_t> at_once(static_cast<std::size_t>(settings.batch_size), 0);
  plan::PerformanceSettings once = settings;
  once.num_warmup = std::max(1, settings.num_warmup.value_or(1));
  once.num_runs = 1;
  int warm_ups_left = *once.num_warmup;
  const auto repetition = [&]() -> base::Result<record::Trial> {
    return serve(warm_ups_left-- > 0 ? at_once : schedule);
  };
  return run_scenario(kPoisson, repetition, once, clock, origin_ns, sink);
}

base::Status measure_poisson(engine::Engine& engine, const plan::PerformanceSettings& settings,
                             const engine::GenerateRequest& request, std::int64_t round,
                             const base::Clock& clock, std::int64_t origin_ns, TrialSink& sink) {
  std::vector<engine::GenerateRequest> requests;  // made before they are timed
  const auto serve_all = [&](const std::vector<std::int64_t>& schedule) {
    requests.assign(schedule.size(), request);
    return serve(engine, settings, requests, schedule, clock);
  };
  return run_poisson(serve_all, settings, round, clock, origin_ns, sink);
}

}  // namespace bantam::measure
