#include "measure/bottleneck.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "measure/figures.hpp"
#include "measure/load.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

using base::Json;
using base::Result;

// Below, a phase is told to wait for the disk or for pages.
constexpr double kStallShare = 0.2;
constexpr double kMostShare = 1.1;  // of the read bandwidth, with what the measurements of both may be off
constexpr double kIdleShare = 0.5;  // of one CPU, while a load waits

template <typename T>
void add_up(std::optional<T>& sum, const std::optional<T>& part, bool is_first) {
  if (is_first)
    sum = part;
  else if (sum && part)
    *sum += *part;
  else
    sum.reset();
}

std::optional<double> counter_at(const Json& counters, const char* key, const std::optional<double>&) {
  return base::number_at(counters, key);
}
std::optional<std::int64_t> counter_at(const Json& counters, const char* key,
                                       const std::optional<std::int64_t>&) {
  return base::integer_at(counters, key);
}

// Those that have one name in Trial::counters and here: one list serves reading and telling.
template <typename Seen, typename Visit>
void each_counter(Seen& seen, Visit visit) {
  visit("system_s", seen.system_s);
  visit("minor_faults", seen.minor_faults);
  visit("major_faults", seen.major_faults);
  visit("swapped_in_pages", seen.swapped_in_pages);
  visit("disk_read_bytes", seen.disk_read_bytes);
  visit("cpu_stall_s", seen.cpu_stall_s);
  visit("memory_stall_s", seen.memory_stall_s);
  visit("io_stall_s", seen.io_stall_s);
  visit("throttle_events", seen.throttle_events);
  visit("cycles", seen.cycles);
  visit("instructions", seen.instructions);
  visit("cache_misses", seen.cache_misses);
}

std::optional<double> sum_of(const Json& counters, const char* one, const char* other) {
  const auto a = base::number_at(counters, one);
  const auto b = base::number_at(counters, other);
  return a && b ? std::optional(*a + *b) : std::nullopt;
}

std::string percent(double share) {
  return fmt::format("{:.0f} %", 100.0 * share);
}

std::string rate_text(double bytes_per_s) {
  return base::format_bytes(bytes_per_s) + "/s";
}

std::string phase_name(const PhaseSeen& seen) {
  return seen.scenario == record::kPrompt ? "a prompt" : "a token";
}

// How much faster a phase can get at most when `part` of its time goes away.
double gain(double part) {
  return 1.0 / std::max(1e-3, 1.0 - std::clamp(part, 0.0, 1.0));
}

double stall_share(const std::optional<double>& stall_s, double wall_s) {
  return stall_s && wall_s > 0.0 ? *stall_s / wall_s : 0.0;
}

// What disturbs any phase, in the order in which it explains the others; absent: nothing of the kind.
std::optional<PhaseVerdict> disturbed(const PhaseSeen& seen) {
  const double waiting =
      std::max(stall_share(seen.io_stall_s, seen.wall_s), stall_share(seen.memory_stall_s, seen.wall_s));
  const auto faults = seen.major_faults.value_or(0);
  if (faults >= seen.steps && waiting >= kStallShare) {
    return PhaseVerdict{
        Bound::paging,
        waiting,
        fmt::format("{} pages had to come from the disk meanwhile ({:.1f} per step), and tasks waited {} of "
                    "the time for memory or the disk",
                    faults, static_cast<double>(faults) / static_cast<double>(seen.steps), percent(waiting)),
        {fmt::format("more free memory, or a precision with fewer bits: up to {:.1f}x faster",
                     gain(waiting))}};
  }
  if (seen.throttle_events.value_or(0) > 0) {
    return PhaseVerdict{Bound::throttling,
                        1.0,
                        fmt::format("the processor was throttled {} times meanwhile", *seen.throttle_events),
                        {"cooling, or fewer threads: see the chart of frequency and the scenario sustained"}};
  }
  return std::nullopt;
}

PhaseVerdict by_memory(const PhaseSeen& seen, const PhaseWork& work, const WorkFacts& facts, double share) {
  const double rate = work.bytes / seen.step_s();
  return {Bound::memory_bandwidth,
          share,
          fmt::format("{} reads {} of weights and cache, {} of the {} that this machine reads at most: {}",
                      phase_name(seen), base::format_bytes(work.bytes), rate_text(rate),
                      rate_text(facts.read_bytes_per_s), percent(share)),
          {fmt::format("a precision with half the bits: up to {:.1f}x faster", gain(0.5 * share)),
           "several requests at once share each read: --batch-size"}};
}

PhaseVerdict by_kernels(const PhaseSeen& seen, const PhaseWork& work, double share, double memory_share) {
  std::string reason = fmt::format("the engine's kernels, measured alone, take {} for {}: {} of the time",
                                   base::format_seconds(work.kernels_s), phase_name(seen), percent(share));
  if (memory_share < share) reason += fmt::format(", while reading takes {}", percent(memory_share));
  return {Bound::compute,
          share,
          std::move(reason),
          {"more cores, or a type with faster kernels here: see `bantam device --calibrate`",
           "faster kernels for it (--repack), where they are off"}};
}

PhaseVerdict by_overhead(const PhaseSeen& seen, const PhaseWork& work, double explained) {
  const double starts = work.starts_s / seen.step_s();
  return {Bound::overhead,
          1.0 - explained,
          fmt::format(
              "reading and computing explain {} of the time; starting and joining operations takes about {}",
              percent(explained), percent(std::min(starts, 1.0))),
          {"fewer threads, where the model is small",
           fmt::format("without it {:.1f}x faster at most", gain(1.0 - explained))}};
}

}  // namespace

PhaseSeen phase_seen(const std::vector<record::Trial>& trials, std::string_view scenario) {
  PhaseSeen seen;
  seen.scenario = scenario;
  for (const record::Trial* trial : counted(trials, scenario)) {
    const bool is_first = seen.trials == 0;
    const Json& counters = trial->counters;
    ++seen.trials;
    seen.steps += scenario == record::kGeneration ? trial->tokens : 1;
    seen.wall_s += trial->wall_s;
    add_up(seen.cpu_s, sum_of(counters, "user_s", "system_s"), is_first);
    add_up(seen.steal_s, base::number_at(counters, "machine_steal_s"), is_first);
    each_counter(seen, [&](const char* key, auto& member) {
      add_up(member, counter_at(counters, key, member), is_first);
    });
  }
  return seen;
}

std::string_view name(Bound bound) {
  switch (bound) {
    case Bound::memory_bandwidth:
      return "memory_bandwidth";
    case Bound::compute:
      return "compute";
    case Bound::disk:
      return "disk";
    case Bound::paging:
      return "paging";
    case Bound::throttling:
      return "throttling";
    case Bound::overhead:
      return "overhead";
  }
  return "";
}

double bandwidth_share(const PhaseSeen& seen, const PhaseWork& work, double read_bytes_per_s) {
  return work.bytes / seen.step_s() / read_bytes_per_s;
}

double compute_share(const PhaseSeen& seen, const PhaseWork& work, double operations_per_s) {
  return work.operations / seen.step_s() / operations_per_s;
}

Result<PhaseVerdict> judge_phase(const PhaseSeen& seen, const PhaseWork& work, const WorkFacts& facts) {
  if (seen.steps <= 0 || !(seen.wall_s > 0.0))
    return base::fail(base::ErrorKind::bad_input, fmt::format("no {} trial was counted", seen.scenario));
  if (!(facts.read_bytes_per_s > 0.0))
    return base::fail(base::ErrorKind::bad_input, "the read bandwidth of this machine is not known");
  if (auto verdict = disturbed(seen)) return *std::move(verdict);
  const double memory = bandwidth_share(seen, work, facts.read_bytes_per_s);
  const double kernels = work.kernels_s / seen.step_s();
  // What is read faster than main memory can be comes from a cache.
  const bool is_cached = memory > kMostShare;
  if (!is_cached && memory >= kMostlyShare) return by_memory(seen, work, facts, memory);
  if (kernels >= kMostlyShare) return by_kernels(seen, work, kernels, memory);
  if (!is_cached && memory >= kHalfShare) return by_memory(seen, work, facts, memory);
  if (kernels >= kHalfShare) return by_kernels(seen, work, kernels, memory);
  return by_overhead(seen, work, is_cached ? kernels : std::max(memory, kernels));
}

Result<PhaseVerdict> judge_load(const PhaseSeen& seen) {
  if (seen.steps <= 0 || !(seen.wall_s > 0.0))
    return base::fail(base::ErrorKind::bad_input, fmt::format("no {} was counted", seen.scenario));
  const double busy = seen.cpu_s ? *seen.cpu_s / seen.wall_s : 1.0;
  const double read = static_cast<double>(seen.disk_read_bytes.value_or(0));
  if (read > 0.0 && busy < kIdleShare) {
    return PhaseVerdict{Bound::disk,
                        1.0 - busy,
                        fmt::format("{} came from the disk at {}, while our threads used {} of a CPU",
                                    base::format_bytes(read), rate_text(read / seen.wall_s), percent(busy)),
                        {"a faster disk, or a smaller file"}};
  }
  return PhaseVerdict{busy >= kHalfShare ? Bound::compute : Bound::overhead,
                      std::min(busy, 1.0),
                      fmt::format("our threads used {} of a CPU; {} came from the disk", percent(busy),
                                  base::format_bytes(read)),
                      {"weights that need not be rearranged: --no-repack loads faster, and computes slower"}};
}

Json to_json(const PhaseSeen& seen) {
  Json json{{"trials", seen.trials}, {"steps", seen.steps}, {"wall_s", seen.wall_s}};
  base::set_if(json, "cpu_s", seen.cpu_s);
  base::set_if(json, "steal_s", seen.steal_s);
  each_counter(seen, [&json](const char* key, const auto& member) { base::set_if(json, key, member); });
  return json;
}

Json to_json(const PhaseVerdict& verdict) {
  return {{"bound", name(verdict.bound)},
          {"share", verdict.share},
          {"reason", verdict.reason},
          {"remedies", verdict.remedies}};
}

Json to_json(const WorkFacts& facts) {
  const auto phase = [](const PhaseWork& work) {
    return Json{{"bytes", work.bytes},
                {"operations", work.operations},
                {"kernels_s", work.kernels_s},
                {"starts_s", work.starts_s}};
  };
  return {{"read_bytes_per_s", facts.read_bytes_per_s},
          {"operations_per_s", facts.operations_per_s},
          {"prefill", phase(facts.prefill)},
          {"decode", phase(facts.decode)}};
}

}  // namespace bantam::measure
