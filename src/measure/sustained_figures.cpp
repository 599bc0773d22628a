#include "measure/sustained_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "base/clock.hpp"
#include "base/units.hpp"
#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

// Of the gaps that end in (from_s, to_s]; absent where there are none.
std::optional<double> rate_between(const std::vector<Gap>& gaps, double from_s, double to_s) {
  double sum_s = 0.0;
  double count = 0.0;
  for (const Gap& gap : gaps) {
    if (gap.end_s <= from_s || gap.end_s > to_s) continue;
    sum_s += gap.length_s;
    count += 1.0;
  }
  if (sum_s <= 0.0) return std::nullopt;
  return count / sum_s;
}

// The end of the first gap from which on the rate over the last `window_s` stays below `least`.
std::optional<double> falls_for_good_s(const std::vector<Gap>& gaps, double window_s, double least) {
  std::optional<double> since_s;
  double sum_s = 0.0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < gaps.size(); ++i) {
    sum_s += gaps[i].length_s;
    while (gaps[first].end_s <= gaps[i].end_s - window_s) sum_s -= gaps[first++].length_s;
    if (gaps[i].end_s < window_s) continue;
    const bool is_slow = static_cast<double>(i - first + 1) < least * sum_s;
    if (!is_slow) since_s.reset();
    if (is_slow && !since_s) since_s = gaps[i].end_s;
  }
  return since_s;
}

double longest_request_s(const Trials& trials) {
  double longest_s = 0.0;
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams)
      longest_s = std::max(longest_s, e2e_latency_s(stream).value_or(0.0));
  }
  return longest_s;
}

bool was_made(const Trials& all) {
  return std::ranges::any_of(all, [](const record::Trial* trial) {
    return trial->scenario == record::kSustained && !trial->warmup;
  });
}

// Those of the first round that has any.
Trials of_one_round(const Trials& trials) {
  Trials chosen;
  for (const auto* trial : trials) {
    if (trial->round == trials.front()->round) chosen.push_back(trial);
  }
  return chosen;
}

}  // namespace

std::vector<Gap> gaps_over_time(const Trials& trials) {
  std::vector<Gap> gaps;
  double first_s = std::numeric_limits<double>::infinity();
  for (const auto* trial : trials) first_s = std::min(first_s, trial->start_s);
  for (const auto* trial : trials) {
    for (const auto& stream : trial->streams) {
      if (!has_token_stamps(stream)) continue;
      const double begin_s = trial->start_s - first_s + base::seconds(stream.arrival_ns.value_or(0));
      for (std::size_t i = 1; i < stream.token_ns.size(); ++i) {
        gaps.push_back({begin_s + base::seconds(stream.token_ns[i]),
                        base::seconds(stream.token_ns[i] - stream.token_ns[i - 1])});
      }
    }
  }
  std::ranges::sort(gaps, {}, &Gap::end_s);
  return gaps;
}

std::optional<Pace> pace_of(const std::vector<Gap>& gaps) {
  if (gaps.empty()) return std::nullopt;
  Pace pace;
  pace.whole_s = gaps.back().end_s;
  pace.window_s = std::min(kLongestBurstS, pace.whole_s / 10.0);
  const auto burst = rate_between(gaps, 0.0, pace.window_s);
  const auto steady = rate_between(gaps, 0.75 * pace.whole_s, pace.whole_s);
  if (!burst || !steady) return std::nullopt;
  pace.burst_tokens_per_s = *burst;
  pace.steady_tokens_per_s = *steady;
  const auto since_s = falls_for_good_s(gaps, pace.window_s, kThrottled * *burst);
  if (since_s && *since_s <= pace.whole_s - pace.window_s) pace.throttle_after_s = since_s;
  return pace;
}

void add_sustained(Summary& summary, const Trials& trials, const Trials& all, const Load& load,
                   const Put& put) {
  const Trials one_round = trials.empty() ? Trials{} : of_one_round(trials);
  const auto pace = pace_of(gaps_over_time(one_round));
  std::string reason = "no token came within a tenth of the time, or within the last quarter";
  if (trials.empty()) {
    reason = !load.sustained_s ? "the scenario sustained is not asked for"
             : !was_made(all)  ? "no counted sustained trial"
                               : "the round in which it was measured does not count";
  }
  const auto set = [&](const char* metric, std::optional<double> value, const std::string& why_absent) {
    put(
        metric, value ? one_round : Trials{},
        [value](const Trials&) { return std::vector<double>{value.value_or(0.0)}; }, why_absent);
  };
  if (!pace) {
    for (const char* metric :
         {"burst_tokens_per_s", "steady_tokens_per_s", "steady_burst_ratio", "throttle_after_s"})
      set(metric, std::nullopt, reason);
    return;
  }
  set("burst_tokens_per_s", pace->burst_tokens_per_s, reason);
  set("steady_tokens_per_s", pace->steady_tokens_per_s, reason);
  set("steady_burst_ratio", pace->steady_tokens_per_s / pace->burst_tokens_per_s, reason);
  set("throttle_after_s", pace->throttle_after_s,
      fmt::format("within {} the rate never fell below {:.0f} % of the burst's for good",
                  base::format_seconds(pace->whole_s), 100.0 * kThrottled));
  const double longest_s = longest_request_s(one_round);
  if (longest_s > pace->window_s) {
    summary.warnings.push_back(fmt::format(
        "sustained: a request takes up to {}, longer than the burst of {}, so burst and steady rates "
        "are of other parts of a request: give a longer --sustained, or fewer --max-new-tokens",
        base::format_seconds(longest_s), base::format_seconds(pace->window_s)));
  }
}

}  // namespace bantam::measure
