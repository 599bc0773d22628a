#include "measure/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/units.hpp"
#include "measure/counters.hpp"
#include "measure/figures.hpp"
#include "measure/judge_trials.hpp"
#include "measure/load.hpp"
#include "measure/serving_figures.hpp"
#include "measure/steadiness.hpp"
#include "measure/sustained_figures.hpp"
#include "measure/workload.hpp"
#include "metric/catalogue.hpp"
#include "stats/blocks.hpp"
#include "stats/order.hpp"

namespace bantam::measure {
namespace {

constexpr const char* kBlockMethod = "blocks";

// The trials of each block; those of no block are taken as one.
std::map<std::int64_t, Trials> by_round(const Trials& trials) {
  std::map<std::int64_t, Trials> blocks;
  for (const auto* trial : trials) blocks[trial->round.value_or(0)].push_back(trial);
  return blocks;
}

Sampler sampler(OfStream figure) {
  return [figure](const Trials& trials) { return per_trial(trials, figure); };
}

record::BlockFigures& block(Summary& summary, std::int64_t round) {
  const auto found = std::ranges::find(summary.blocks, round, &record::BlockFigures::round);
  return found != summary.blocks.end() ? *found
                                       : summary.blocks.emplace_back(record::BlockFigures{round, {}, {}, {}});
}

// The figure of a block, and how many samples are behind it.
struct OfBlock {
  double value = 0.0;
  std::int64_t n = 0;
};

// Sets the metric to the median over the blocks, or says why there is none.
void put_blocks(Summary& summary, const std::string& metric, const std::map<std::int64_t, OfBlock>& blocks,
                const std::string& absent_reason) {
  std::vector<double> values;
  std::int64_t n = 0;
  for (const auto& [round, of_block] : blocks) {
    values.push_back(of_block.value);
    n += of_block.n;
    block(summary, round).values[metric] = of_block.value;
  }
  if (values.empty()) {
    summary.absent.try_emplace(metric, absent_reason);
    return;
  }
  record::Value& value = summary.metrics[metric];
  value.value = *stats::median(values);
  value.n = n;
  if (std::ranges::any_of(values, [](double one) { return !(one > 0.0); })) return;
  if (const auto interval = stats::block_interval(values))
    value.interval = record::Interval{interval->low, interval->high, 0.95, kBlockMethod};
}

// Sets the metric to the median over the blocks' medians, or says why there is none.
void put(Summary& summary, const char* metric, const Trials& trials, const Sampler& samples_in,
         const std::string& absent_reason) {
  std::map<std::int64_t, OfBlock> blocks;
  for (const auto& [round, of_block] : by_round(trials)) {
    const std::vector<double> samples = samples_in(of_block);
    if (const auto middle = stats::median(samples)) blocks[round] = {*middle, std::ssize(samples)};
  }
  put_blocks(summary, metric, blocks, absent_reason);
}

// Counts are facts: they have no uncertainty, and blocks are not compared by them.
void put_count(Summary& summary, const char* metric, const Trials& trials, OfStream figure,
               const std::string& absent_reason) {
  put(summary, metric, trials, sampler(figure), absent_reason);
  if (const auto found = summary.metrics.find(metric); found != summary.metrics.end())
    found->second.interval.reset();
  for (record::BlockFigures& one : summary.blocks) one.values.erase(metric);
}

void put_bytes(Summary& summary, const char* metric, const std::optional<std::int64_t>& bytes,
               const std::string& absent_reason) {
  if (bytes) {
    summary.metrics[metric] = record::Value{static_cast<double>(*bytes), {}, {}, {}};
  } else {
    summary.absent.try_emplace(metric, absent_reason);
  }
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

// Why a scenario has no trials.
std::string no_trials(std::string_view scenario, bool is_asked_for) {
  return is_asked_for ? fmt::format("no counted {} trial", scenario)
                      : fmt::format("the scenario {} is not asked for", scenario);
}

void add_single_stream(Summary& summary, const Trials& trials, const Load& load) {
  const std::string none = no_trials(kSingleStream, load.single_stream);
  const std::string no_token = missing_tokens(trials, none, "a token");
  const std::string no_gap = missing_tokens(trials, none, "two tokens");
  put(summary, "ttft_s", trials, sampler(ttft_s), no_token);
  put(summary, "e2e_latency_s", trials, sampler(e2e_latency_s), no_token);
  put(summary, "output_tokens_per_s", trials, output_rates, no_token);
  put(summary, "tpot_s", trials, sampler(tpot_s), no_gap);
  put(summary, "decode_tokens_per_s", trials, sampler(decode_tokens_per_s), no_gap);
  add_gap_percentiles(summary, trials, none);
  put(summary, "prefill_tokens_per_s", trials, sampler(prefill_tokens_per_s),
      trials.empty() ? none : "the engine gives no stamp for the end of prefill");
  put_count(summary, "prompt_tokens", trials, prompt_tokens, none);
  put_count(summary, "output_tokens", trials, output_tokens, none);
  put_count(summary, "cached_tokens", trials, cached_tokens, none);
  const std::string no_draft = trials.empty() ? none : "no draft is used, or nothing was proposed";
  put_count(summary, "draft_acceptance_rate", trials, draft_acceptance_rate, no_draft);
  put_count(summary, "accepted_tokens_per_step", trials, accepted_tokens_per_step, no_draft);
}

void add_offline(Summary& summary, const Trials& trials, const Load& load) {
  const std::string none = no_trials(kOffline, load.offline);
  const std::string no_token = missing_tokens(trials, none, "a token");
  put(summary, "batch_ttft_s", trials, sampler(ttft_s), no_token);
  put(summary, "batch_tpot_s", trials, sampler(tpot_s), missing_tokens(trials, none, "two tokens"));
  put(summary, "batch_e2e_latency_s", trials, sampler(e2e_latency_s), no_token);
  put(summary, "batch_output_tokens_per_s", trials, output_rates, no_token);
}

// A batch of one is what single_stream runs.
void add_sequences(Summary& summary, const Trials& single, const Trials& batches) {
  const std::string none = "no counted single_stream trial";
  put(summary, "sequence_latency_s", single, wall_times, none);
  put(summary, "sequences_per_s", batches.empty() ? single : batches, sequence_rates, none);
  put_count(summary, "prompt_tokens", single, prompt_tokens, none);
  for (const metric::Metric& metric : metric::catalogue()) {
    const std::string name(metric.name);
    if (metric.group != metric::MetricGroup::speed || name.starts_with("load_")) continue;
    if (!summary.metrics.contains(name)) summary.absent.try_emplace(name, "encoders generate no tokens");
  }
}

void add_requests(Summary& summary, const Trials& trials, const Trials& all, const Load& load) {
  add_single_stream(summary, counted(trials, kSingleStream), load);
  add_offline(summary, counted(trials, kOffline), load);
  put(summary, "pp_tokens_per_s", counted(trials, kPrompt), token_rates, "the scenario pp is not asked for");
  put(summary, "tg_tokens_per_s", counted(trials, kGeneration), token_rates,
      "the scenario tg is not asked for");
  const Put put_metric = [&summary](const char* metric, const Trials& some, const Sampler& samples,
                                    const std::string& absent_reason) {
    put(summary, metric, some, samples, absent_reason);
  };
  add_poisson(summary, counted(trials, kPoisson), load, put_metric);
  add_sustained(summary, counted(trials, kSustained), all, load, put_metric);
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

constexpr const char* kBehindServer = "the model runs behind a server";

void add_memory(Summary& summary, const Observed& observed) {
  if (observed.load.served) {
    for (const metric::Metric& metric : metric::catalogue()) {
      if (metric.group == metric::MetricGroup::memory)
        summary.absent.try_emplace(std::string(metric.name), kBehindServer);
    }
    return;
  }
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
  // Found, where it is, after the trials (run/min_memory.hpp).
  put_bytes(summary, "min_memory_bytes", std::nullopt, "not asked for with --min-memory");
  if (peak) cross_check(summary, use, *peak);
}

using EnergyByRound = std::map<std::int64_t, record::BlockEnergy>;

// Judges every block, keeps in `summary` what is said of them, and gives the trials of those that count; all
// of them where none does, so that there is something to look at.
Trials judge_blocks(Summary& summary, const Trials& trials, const Gates& gates, const EnergyByRound& energy) {
  Trials valid;
  std::vector<std::string> warnings;
  std::int64_t blocks = 0;
  std::int64_t valid_blocks = 0;
  for (const auto& [round, of_block] : by_round(trials)) {
    Validity validity = judge_block(of_block, gates);
    if (const auto found = energy.find(round); found != energy.end()) {
      if (auto reason = energy_disturbance(found->second)) validity.reasons.push_back(*std::move(reason));
      const record::BlockEnergy* only = &found->second;
      std::ranges::move(judge_gpus(std::string(kSingleStream), {&only, 1}, gates).reasons,
                        std::back_inserter(validity.reasons));
    }
    block(summary, round).reasons = validity.reasons;
    ++blocks;
    for (const std::string& reason : validity.reasons)
      warnings.push_back(fmt::format("round {} does not count: {}", round + 1, reason));
    if (!validity.reasons.empty()) continue;
    ++valid_blocks;
    valid.insert(valid.end(), of_block.begin(), of_block.end());
  }
  if (valid_blocks < blocks && valid_blocks < stats::kFewestBlocks) {
    summary.reasons.push_back(fmt::format("{} of {} rounds count{}, at least {} are needed", valid_blocks,
                                          blocks, valid_blocks == 1 ? "s" : "", stats::kFewestBlocks));
    std::ranges::move(warnings, std::back_inserter(summary.reasons));
  } else {
    std::ranges::move(warnings, std::back_inserter(summary.warnings));
  }
  return valid.empty() ? trials : valid;
}

// Gates that only warn, over all blocks that count: one line each instead of one per block.
void warn_of_machine(Summary& summary, const Trials& valid, Gates gates) {
  for (Gate* gate : {&gates.steal_share, &gates.others_share, &gates.spin_drift, &gates.major_faults,
                     &gates.swapped_in_pages, &gates.suspended_s, &gates.stops, &gates.throttle_events})
    gate->invalid_above.reset();
  const Validity validity = judge_block(valid, gates);
  for (const auto* said : {&validity.reasons, &validity.warnings})
    summary.warnings.insert(summary.warnings.end(), said->begin(), said->end());
}

// Of GPUs in the blocks of these trials, as warn_of_machine().
void warn_of_gpus(Summary& summary, const Trials& valid, const EnergyByRound& energy, Gates gates) {
  std::vector<const record::BlockEnergy*> windows;
  for (const auto& [round, of_block] : by_round(valid)) {
    if (const auto found = energy.find(round); found != energy.end()) windows.push_back(&found->second);
  }
  gates.throttle_events.invalid_above.reset();
  std::ranges::move(judge_gpus(std::string(kSingleStream), windows, gates).warnings,
                    std::back_inserter(summary.warnings));
}

void add(Summary& summary, Validity validity) {
  std::ranges::move(validity.reasons, std::back_inserter(summary.reasons));
  std::ranges::move(validity.warnings, std::back_inserter(summary.warnings));
}

// Of the blocks of these trials.
void add_energy(Summary& summary, const Trials& valid, const Observed& observed) {
  std::map<std::string, std::map<std::int64_t, OfBlock>> blocks;
  std::map<std::string, std::string> reasons;
  for (const auto& [round, of_block] : by_round(valid)) {
    const auto found = observed.energy.find(round);
    if (found == observed.energy.end()) continue;
    const BlockEnergyFigures figures = energy_figures(found->second);
    for (const auto& [metric, value] : figures.values)
      blocks[metric][round] = {value, found->second.requests};
    for (const auto& [metric, reason] : figures.absent) reasons.try_emplace(metric, reason);
  }
  for (const metric::Metric& metric : metric::catalogue()) {
    if (metric.group != metric::MetricGroup::energy) continue;
    const std::string name(metric.name);
    const auto reason = reasons.find(name);
    put_blocks(summary, name, blocks[name],
               reason == reasons.end() ? std::string("no round was measured") : reason->second);
  }
}

}  // namespace

Load load_of(const plan::PerformanceSettings& settings) {
  Load load{settings.batch_size, {}, settings.max_ttft_s, settings.max_tpot_s, {}, false, false};
  for (const std::string_view scenario : plan::scenarios_of(settings)) {
    load.single_stream |= scenario == kSingleStream;
    load.offline |= scenario == kOffline;
    if (scenario == kPoisson) load.request_rate = settings.request_rate;
    if (scenario == kSustained) load.sustained_s = settings.sustained_s;
  }
  return load;
}

Summary summarize(const Observed& observed, const Gates& gates) {
  Summary summary;
  summary.absent = observed.absent;
  Trials all;
  for (const record::Trial& trial : observed.trials) all.push_back(&trial);
  const Trials valid = judge_blocks(summary, all, gates, {});
  const auto of = [&](std::string_view scenario) { return counted(valid, scenario); };
  if (observed.encoder) {
    add_sequences(summary, of(kSingleStream), of(kOffline));
  } else {
    add_requests(summary, valid, all, observed.load);
  }
  put(summary, "load_cold_s", of(kLoadCold), wall_times, "not measured");
  put(summary, "load_warm_s", of(kLoadWarm), wall_times, "not measured");
  add_memory(summary, observed);
  std::erase_if(summary.absent, [&](const auto& entry) { return summary.metrics.contains(entry.first); });
  add(summary, judge_answers(all, observed.encoder));
  warn_of_machine(summary, valid, gates);
  summary.steadiness = steadiness(valid);
  if (!observed.warm_up_is_forced)
    std::ranges::move(warm_up_warnings(summary.steadiness), std::back_inserter(summary.warnings));
  add(summary, judge_cpus(all, observed.cpus_before));
  return summary;
}

Summary summarize_energy(const Observed& observed, const Gates& gates) {
  Summary summary;
  Trials all;
  for (const record::Trial& trial : observed.trials) all.push_back(&trial);
  const Trials valid = judge_blocks(summary, all, gates, observed.energy);
  add_energy(summary, valid, observed);
  add(summary, judge_answers(all, observed.encoder));
  warn_of_machine(summary, valid, gates);
  warn_of_gpus(summary, valid, observed.energy, gates);
  add(summary, judge_cpus(all, observed.cpus_before));
  return summary;
}

}  // namespace bantam::measure
