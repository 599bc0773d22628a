#include "measure/sustained.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "device/kernel_files.hpp"
#include "measure/workload.hpp"

namespace bantam::measure {
namespace {

constexpr double kShortestTrialS = 1.0;
constexpr double kTrials = 200.0;  // of the whole time, at most

base::Result<record::Trial> requests_in_a_row(engine::Engine& engine,
                                              const plan::PerformanceSettings& settings,
                                              const engine::GenerateRequest& request, double least_s,
                                              const base::Clock& clock) {
  engine::GenerateOptions options;
  options.max_new_tokens = settings.max_new_tokens;
  options.ignore_eos = settings.ignore_eos;
  const std::vector<engine::GenerateRequest> one{request};
  std::vector<engine::Generation> done;
  const std::int64_t begin_ns = clock.now_ns();
  do {
    TRY_ASSIGN(auto generations, engine.generate(one, options));
    done.push_back(std::move(generations.front()));
  } while (base::seconds(clock.now_ns() - begin_ns) < least_s);
  record::Trial trial;
  trial.wall_s = base::seconds(clock.now_ns() - begin_ns);
  for (const engine::Generation& generation : done) {
    trial.streams.push_back(stream_from(generation));
    trial.streams.back().arrival_ns = generation.submitted_ns - begin_ns;
  }
  return trial;
}

// The numbers in the files `name` of the folders that stand in `folder` and begin with `prefix`.
std::vector<double> numbers_in(const std::filesystem::path& folder, std::string_view prefix,
                               const char* name) {
  std::vector<double> numbers;
  for (const std::string& entry : device::names_in(folder)) {
    if (!entry.starts_with(prefix)) continue;
    if (const auto number = device::read_integer(folder / entry / name))
      numbers.push_back(static_cast<double>(*number));
  }
  return numbers;
}

}  // namespace

base::Status run_sustained(const ServeInARow& serve, const plan::PerformanceSettings& settings,
                           const base::Clock& clock, std::int64_t origin_ns, TrialSink& sink) {
  const double whole_s = settings.sustained_s.value_or(0.0);
  plan::PerformanceSettings all_the_time = settings;
  all_the_time.num_warmup = settings.num_warmup.value_or(1);
  all_the_time.num_runs.reset();
  all_the_time.target_interval = -1.0;  // never reached: the time alone ends it
  all_the_time.max_seconds = whole_s;
  const double trial_s = std::max(kShortestTrialS, whole_s / kTrials);
  int warm_ups_left = *all_the_time.num_warmup;
  const auto repetition = [&]() -> base::Result<record::Trial> {
    TRY_ASSIGN(record::Trial trial, serve(warm_ups_left-- > 0 ? 0.0 : trial_s));
    trial.counters = thermal_counters();
    return trial;
  };
  return run_scenario(kSustained, repetition, all_the_time, clock, origin_ns, sink);
}

base::Status measure_sustained(engine::Engine& engine, const plan::PerformanceSettings& settings,
                               const engine::GenerateRequest& request, const base::Clock& clock,
                               std::int64_t origin_ns, TrialSink& sink) {
  const auto serve = [&](double least_s) {
    return requests_in_a_row(engine, settings, request, least_s, clock);
  };
  return run_sustained(serve, settings, clock, origin_ns, sink);
}

base::Json thermal_counters(const std::filesystem::path& root) {
  base::Json counters = base::Json::object();
  const auto zones = numbers_in(root / "sys/class/thermal", "thermal_zone", "temp");
  if (!zones.empty()) counters["temperature_c"] = std::ranges::max(zones) / 1000.0;
  const auto khz = numbers_in(root / "sys/devices/system/cpu", "cpu", "cpufreq/scaling_cur_freq");
  double sum_khz = 0.0;
  for (const double one : khz) sum_khz += one;
  if (!khz.empty()) counters["cpu_frequency_hz"] = sum_khz / static_cast<double>(khz.size()) * 1000.0;
  return counters;
}

}  // namespace bantam::measure
