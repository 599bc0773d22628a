#include "measure/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "measure/counters.hpp"
#include "measure/load.hpp"
#include "measure/workload.hpp"
#include "metric/catalogue.hpp"
#include "stats/order.hpp"

namespace bantam::measure {

std::optional<double> ttft_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.front());
}

std::optional<double> e2e_latency_s(const record::Stream& stream) {
  if (stream.token_ns.empty()) return std::nullopt;
  return base::seconds(stream.token_ns.back());
}

std::optional<double> tpot_s(const record::Stream& stream) {
  if (stream.token_ns.size() < 2) return std::nullopt;
  return base::seconds(stream.token_ns.back() - stream.token_ns.front()) /
         static_cast<double>(stream.token_ns.size() - 1);
}

std::optional<double> decode_tokens_per_s(const record::Stream& stream) {
  const auto gap_s = tpot_s(stream);
  if (!gap_s || *gap_s <= 0.0) return std::nullopt;
  return 1.0 / *gap_s;
}

std::optional<double> prefill_tokens_per_s(const record::Stream& stream) {
  if (stream.prompt_tokens <= 0 || stream.prefill_ns <= 0) return std::nullopt;
  return static_cast<double>(stream.prompt_tokens) / base::seconds(stream.prefill_ns);
}

std::optional<double> prompt_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.prompt_tokens);
}

std::optional<double> output_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.token_ns.size());
}

std::optional<double> cached_tokens(const record::Stream& stream) {
  return static_cast<double>(stream.cached_tokens);
}

void append_gaps_s(const record::Stream& stream, std::vector<double>& gaps) {
  for (std::size_t i = 1; i < stream.token_ns.size(); ++i) {
    gaps.push_back(base::seconds(stream.token_ns[i] - stream.token_ns[i - 1]));
  }
}

namespace {

using Trials = std::vector<const record::Trial*>;

Trials counted(const std::vector<record::Trial>& trials, std::string_view scenario) {
  Trials chosen;
  for (const auto& trial : trials) {
    if (!trial.warmup && trial.scenario == scenario && !disturbance(trial)) chosen.push_back(&trial);
  }
  return chosen;
}

record::Value median_value(const std::vector<double>& samples) {
  record::Value value;
  value.value = *stats::median(samples);
  value.n = static_cast<std::int64_t>(samples.size());
  if (const auto found = stats::median_interval(samples)) {
    value.interval = record::Interval{found->interval.low, found->interval.high, 0.95, "order_statistic"};
  }
  return value;
}

// Sets the metric to the median of the samples, or says why there is none.
void put(Summary& summary, const char* metric, const std::vector<double>& samples,
         const std::string& absent_reason) {
  if (samples.empty()) {
    summary.absent.try_emplace(metric, absent_reason);
  } else {
    summary.metrics[metric] = median_value(samples);
  }
}

void put_bytes(Summary& summary, const char* metric, const std::optional<std::int64_t>& bytes,
               const std::string& absent_reason) {
  if (bytes) {
    summary.metrics[metric] = record::Value{static_cast<double>(*bytes), {}, {}, {}};
  } else {
    summary.absent.try_emplace(metric, absent_reason);
  }
}

using OfStream = std::optional<double> (*)(const record::Stream&);

// One sample per trial: the median of the figure over the trial's streams that have it.
std::vector<double> per_trial(const Trials& trials, OfStream figure) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    std::vector<double> within;
    for (const auto& stream : trial->streams) {
      if (const auto value = figure(stream)) within.push_back(*value);
    }
    if (const auto middle = stats::median(within)) samples.push_back(*middle);
  }
  return samples;
}

// All tokens of a trial's streams by its wall time.
std::vector<double> output_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    std::size_t tokens = 0;
    for (const auto& stream : trial->streams) tokens += stream.token_ns.size();
    if (tokens > 0 && trial->wall_s > 0.0) samples.push_back(static_cast<double>(tokens) / trial->wall_s);
  }
  return samples;
}

// Why a figure of a stream that needs `tokens` output tokens has no sample.
std::string missing_tokens(const Trials& trials, const std::string& without_trials, std::string_view tokens) {
  return trials.empty() ? without_trials : fmt::format("no request gave {}", tokens);
}

void add_gap_percentiles(Summary& summary, const Trials& trials, const std::string& without_trials) {
  struct Percentile {
    const char* metric;
    double fraction;
  };
  constexpr std::array kPercentiles{Percentile{"itl_p50_s", 0.50}, Percentile{"itl_p90_s", 0.90},
                                    Percentile{"itl_p99_s", 0.99}};
  std::vector<double> gaps;
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams) append_gaps_s(stream, gaps);
  }
  for (const auto& [metric, fraction] : kPercentiles) {
    if (const auto value = stats::supported_percentile(gaps, fraction)) {
      summary.metrics[metric] = record::Value{*value, {}, {}, static_cast<std::int64_t>(gaps.size())};
    } else if (gaps.empty()) {
      summary.absent.try_emplace(metric, missing_tokens(trials, without_trials, "two tokens"));
    } else {
      summary.absent.try_emplace(
          metric, fmt::format("needs {} gaps, there are {}", stats::percentile_floor(fraction), gaps.size()));
    }
  }
}

void add_single_stream(Summary& summary, const Trials& trials) {
  const std::string none = "no counted single_stream trial";
  const std::string no_token = missing_tokens(trials, none, "a token");
  const std::string no_gap = missing_tokens(trials, none, "two tokens");
  put(summary, "ttft_s", per_trial(trials, ttft_s), no_token);
  put(summary, "e2e_latency_s", per_trial(trials, e2e_latency_s), no_token);
  put(summary, "output_tokens_per_s", output_rates(trials), no_token);
  put(summary, "tpot_s", per_trial(trials, tpot_s), no_gap);
  put(summary, "decode_tokens_per_s", per_trial(trials, decode_tokens_per_s), no_gap);
  add_gap_percentiles(summary, trials, none);
  put(summary, "prefill_tokens_per_s", per_trial(trials, prefill_tokens_per_s),
      trials.empty() ? none : "the engine gives no stamp for the end of prefill");
  put(summary, "prompt_tokens", per_trial(trials, prompt_tokens), none);
  put(summary, "output_tokens", per_trial(trials, output_tokens), none);
  put(summary, "cached_tokens", per_trial(trials, cached_tokens), none);
  // Counts have no uncertainty of their own.
  for (const char* count : {"prompt_tokens", "output_tokens", "cached_tokens"}) {
    if (const auto found = summary.metrics.find(count); found != summary.metrics.end())
      found->second.interval.reset();
  }
}

void add_offline(Summary& summary, const Trials& trials) {
  const std::string none = "no counted offline trial: the batch size is 1";
  const std::string no_token = missing_tokens(trials, none, "a token");
  put(summary, "batch_ttft_s", per_trial(trials, ttft_s), no_token);
  put(summary, "batch_tpot_s", per_trial(trials, tpot_s), missing_tokens(trials, none, "two tokens"));
  put(summary, "batch_e2e_latency_s", per_trial(trials, e2e_latency_s), no_token);
  put(summary, "batch_output_tokens_per_s", output_rates(trials), no_token);
}

std::vector<double> wall_times(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) samples.push_back(trial->wall_s);
  return samples;
}

std::vector<double> sequence_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    if (trial->wall_s > 0.0) samples.push_back(static_cast<double>(trial->streams.size()) / trial->wall_s);
  }
  return samples;
}

// A batch of one is what single_stream runs.
void add_sequences(Summary& summary, const Trials& single, const Trials& batches) {
  const std::string none = "no counted single_stream trial";
  put(summary, "sequence_latency_s", wall_times(single), none);
  put(summary, "sequences_per_s", sequence_rates(batches.empty() ? single : batches), none);
  put(summary, "prompt_tokens", per_trial(single, prompt_tokens), none);
  if (!single.empty()) summary.metrics["prompt_tokens"].interval.reset();  // a count has no uncertainty
  for (const metric::Metric& metric : metric::catalogue()) {
    const std::string name(metric.name);
    if (metric.group != metric::MetricGroup::speed || name.starts_with("load_")) continue;
    if (!summary.metrics.contains(name)) summary.absent.try_emplace(name, "encoders generate no tokens");
  }
}

std::vector<double> token_rates(const Trials& trials) {
  std::vector<double> samples;
  for (const auto* trial : trials) {
    if (trial->wall_s > 0.0) samples.push_back(static_cast<double>(trial->tokens) / trial->wall_s);
  }
  return samples;
}

void add_requests(Summary& summary, const std::vector<record::Trial>& trials) {
  add_single_stream(summary, counted(trials, kSingleStream));
  add_offline(summary, counted(trials, kOffline));
  put(summary, "pp_tokens_per_s", token_rates(counted(trials, kPrompt)), "n_prompt is not asked for");
  put(summary, "tg_tokens_per_s", token_rates(counted(trials, kGeneration)), "n_gen is not asked for");
  for (const char* metric : {"sequence_latency_s", "sequences_per_s"}) {
    summary.absent.try_emplace(metric, "the model generates text; this is a figure of encoders");
  }
}

// The greatest value of a counter over all trials, warm-ups included; absent when no trial has it.
std::optional<std::int64_t> highest(const std::vector<record::Trial>& trials, std::string_view counter) {
  std::optional<std::int64_t> peak;
  for (const auto& trial : trials) {
    const auto value = base::integer_at(trial.counters, counter);
    if (value) peak = std::max(peak.value_or(*value), *value);
  }
  return peak;
}

// From the sampler and from what the worker read between trials: each can see what the other misses.
std::optional<std::int64_t> private_peak(const Observed& observed) {
  std::optional<std::int64_t> peak = observed.private_peak_bytes;
  for (const auto& trial : observed.trials) {
    const auto anonymous = base::integer_at(trial.counters, "rss_anon_bytes");
    const auto shared = base::integer_at(trial.counters, "rss_shmem_bytes");
    if (anonymous && shared) peak = std::max(peak.value_or(0), *anonymous + *shared);
  }
  return peak;
}

// Buffers that the engine holds in private memory must be part of its peak, unless they were never touched.
void cross_check(Summary& summary, const engine::MemoryUse& use, std::int64_t private_peak_bytes) {
  if (use.device_bytes) return;  // part of the buffers is elsewhere
  const std::int64_t buffers = use.kv_bytes.value_or(0) + use.compute_bytes.value_or(0);
  if (buffers <= private_peak_bytes) return;
  summary.warnings.push_back(
      fmt::format("memory: the engine accounts for {} of KV and compute buffers, but at most {} of private "
                  "memory was resident: "
                  "part of the buffers was never used, or the peak was missed",
                  base::format_bytes(static_cast<double>(buffers)),
                  base::format_bytes(static_cast<double>(private_peak_bytes))));
}

void add_memory(Summary& summary, const Observed& observed) {
  const engine::MemoryUse use = observed.engine_memory.value_or(engine::MemoryUse{});
  const auto peak = private_peak(observed);
  const std::string untold = "the engine does not tell";
  put_bytes(summary, "private_peak_bytes", peak, "the system does not report RssAnon and RssShmem");
  put_bytes(summary, "pss_peak_bytes", highest(observed.trials, kPssKey), "the system has no smaps_rollup");
  put_bytes(summary, "weights_resident_bytes", observed.weights_resident_bytes,
            "not known which pages of the model file are in memory");
  put_bytes(summary, "device_memory_bytes", use.device_bytes, "no accelerator is used");
  put_bytes(summary, "engine_weights_bytes", use.weights_bytes, untold);
  put_bytes(summary, "engine_kv_bytes", use.kv_bytes, untold);
  put_bytes(summary, "engine_compute_bytes", use.compute_bytes, untold);
  if (peak) cross_check(summary, use, *peak);
}

void judge_cache(Summary& summary, const std::vector<record::Trial>& trials) {
  std::int64_t cached = 0;
  for (const auto& trial : trials) {
    for (const auto& stream : trial.streams) cached = std::max(cached, stream.cached_tokens);
  }
  if (cached == 0) return;
  summary.reasons.push_back(
      fmt::format("cache active: {} prompt tokens of a request came from a cache", cached));
}

// A sequence must give one vector in every repetition; in its last bits it may depend on its place in a
// batch.
void judge_vectors(Summary& summary, const std::string& scenario, const Trials& trials) {
  std::map<std::size_t, std::set<std::string_view>> by_place;
  for (const auto* trial : trials) {
    for (std::size_t i = 0; i < trial->streams.size(); ++i)
      by_place[i].insert(trial->streams[i].output_sha256);
  }
  if (std::ranges::all_of(by_place, [](const auto& place) { return place.second.size() == 1; })) return;
  summary.warnings.push_back(
      fmt::format("{}: nondeterministic: one sequence gave different vectors", scenario));
}

// Greedy decoding of one prompt must give one output, in every repetition and on every stream.
void judge_outputs(Summary& summary, const std::string& scenario, const Trials& trials) {
  std::set<std::string_view> outputs;
  std::size_t requests = 0;
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams) {
      outputs.insert(stream.output_sha256);
      ++requests;
    }
  }
  if (outputs.size() < 2) return;
  summary.warnings.push_back(
      fmt::format("{}: nondeterministic: {} requests with one prompt gave {} different outputs", scenario,
                  requests, outputs.size()));
}

void judge_machine(Summary& summary, const std::string& scenario, const Trials& trials, const Gates& gates) {
  std::vector<Window> windows;
  std::vector<double> probes_s;
  for (const auto* trial : trials) {
    windows.push_back(window_from(trial->counters));
    if (const auto probe = base::number_at(trial->counters, kSpinProbeKey)) probes_s.push_back(*probe);
  }
  for (Validity& validity :
       std::array{judge(scenario, total(windows), gates), judge_spin_probes(scenario, probes_s, gates)}) {
    std::ranges::move(validity.reasons, std::back_inserter(summary.reasons));
    std::ranges::move(validity.warnings, std::back_inserter(summary.warnings));
  }
}

// Runs that do not count: repeated, or so many that the scenario ended with them.
void judge_disturbed(Summary& summary, const std::string& scenario,
                     const std::vector<record::Trial>& trials) {
  std::int64_t count = 0;
  std::string last;
  for (const auto& trial : trials) {
    if (trial.warmup || trial.scenario != scenario) continue;
    const auto disturbed = disturbance(trial);
    if (!disturbed) continue;
    ++count;
    last = *disturbed;
  }
  if (count > kMostDisturbed) {
    summary.reasons.push_back(
        fmt::format("{}: {} runs were disturbed and do not count: {}", scenario, count, last));
  } else if (count > 0) {
    summary.warnings.push_back(fmt::format("{}: {} {} disturbed and repeated: {}", scenario, count,
                                           count == 1 ? "run was" : "runs were", last));
  }
}

// Each value that differs from the one before it.
std::vector<std::string> changes(std::optional<std::string> first, const std::vector<record::Trial>& trials,
                                 const char* counter) {
  std::vector<std::string> values;
  if (first) values.push_back(*std::move(first));
  for (const auto& trial : trials) {
    const auto value = base::string_at(trial.counters, counter);
    if (value && (values.empty() || values.back() != *value)) values.push_back(*value);
  }
  return values;
}

void judge_cpus(Summary& summary, const Observed& observed) {
  auto values = changes(observed.cpus_before, observed.trials, kCpusKey);
  if (values.size() < 2) values = changes({}, observed.trials, kFirstThreadCpusKey);
  if (values.size() < 2) return;
  summary.reasons.push_back(fmt::format("the CPUs that the program may use changed while it was measured: {}",
                                        fmt::join(values, ", then ")));
}

}  // namespace

Summary summarize(const Observed& observed, const Gates& gates) {
  Summary summary;
  summary.absent = observed.absent;
  const auto of = [&](std::string_view scenario) { return counted(observed.trials, scenario); };
  if (observed.encoder) {
    add_sequences(summary, of(kSingleStream), of(kOffline));
  } else {
    add_requests(summary, observed.trials);
  }
  put(summary, "load_cold_s", wall_times(of(kLoadCold)), "not measured");
  put(summary, "load_warm_s", wall_times(of(kLoadWarm)), "not measured");
  add_memory(summary, observed);
  std::erase_if(summary.absent, [&](const auto& entry) { return summary.metrics.contains(entry.first); });
  judge_cache(summary, observed.trials);
  const auto judge_answers = observed.encoder ? judge_vectors : judge_outputs;
  for (const char* scenario : {kSingleStream, kOffline}) judge_answers(summary, scenario, of(scenario));
  for (const char* scenario : {kSingleStream, kOffline, kPrompt, kGeneration}) {
    judge_machine(summary, scenario, of(scenario), gates);
  }
  for (const char* scenario : {kLoadCold, kLoadWarm, kSingleStream, kOffline, kPrompt, kGeneration}) {
    judge_disturbed(summary, scenario, observed.trials);
  }
  judge_cpus(summary, observed);
  return summary;
}

}  // namespace bantam::measure
