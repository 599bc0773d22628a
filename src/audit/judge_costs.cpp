// What measuring itself costs: the clock, the tool within a token's time, and the parent beside the worker.
#include <fmt/format.h>

#include "audit/judges.hpp"
#include "base/units.hpp"

namespace bantam::audit {
namespace {

constexpr double kReadWell = 100.0;  // steps of the clock in a time that is known to 1 %

std::string us(double seconds) {
  return fmt::format("{} µs", base::format_significant(1e6 * seconds, 2));
}

std::string steps_text(const job::ClockFacts& facts) {
  return facts.smallest_step_ns ? fmt::format("steps of {} ns", *facts.smallest_step_ns)
                                : std::string("stands still");
}

std::string clock_problem(const job::ClockFacts& facts) {
  if (facts.backward_steps > 0) return "it steps back: no duration can be believed";
  if (!facts.smallest_step_ns) return "it stands still: nothing can be timed";
  if (*facts.smallest_step_ns > kCoarsestStepNs) return "its steps are too coarse for the time of a token";
  if (facts.reading_ns > kSlowestReadingNs) return "reading it takes longer than what it is to time";
  return {};
}

}  // namespace

Finding judge_clock(const job::ClockFacts& facts) {
  Finding finding{.check = checks::kClock, .figure = {}, .meaning = clock_problem(facts)};
  finding.standing = finding.meaning.empty() ? Standing::passed : Standing::failed;
  finding.figure = fmt::format("{}, {:.0f} ns a reading, {} steps back in {} readings", steps_text(facts),
                               facts.reading_ns, facts.backward_steps, facts.readings);
  if (finding.meaning.empty())
    finding.meaning = fmt::format("times from {} on are read to 1 %",
                                  us(kReadWell * 1e-9 * static_cast<double>(*facts.smallest_step_ns)));
  finding.data = {{"readings", facts.readings},
                  {"backward_steps", facts.backward_steps},
                  {"reading_s", 1e-9 * facts.reading_ns}};
  if (facts.smallest_step_ns) finding.data["step_s"] = 1e-9 * static_cast<double>(*facts.smallest_step_ns);
  return finding;
}

Finding judge_own_cost(const job::OwnCostFacts& facts) {
  Finding finding{.check = checks::kOwnCost, .figure = {}, .meaning = {}};
  if (facts.requests == 0 || facts.tokens == 0) {
    finding.figure = "no request of the null engine was timed";
    finding.meaning = "what this program adds to a token's time is not known";
    return finding;
  }
  const bool is_small = facts.timed_token_s < kOwnCostGoal_s;
  finding.standing = is_small ? Standing::passed : Standing::failed;
  finding.figure =
      fmt::format("{} a token with the null engine (goal: below {}); {} with the pauses between requests",
                  us(facts.timed_token_s), us(kOwnCostGoal_s), us(facts.with_pauses_token_s));
  finding.meaning =
      is_small ? "so little of a token's time is this program's own"
               : "this program's own time is part of each token's: figures of small models are wrong";
  finding.data = {{"requests", facts.requests},
                  {"token_s", facts.timed_token_s},
                  {"goal_s", kOwnCostGoal_s},
                  {"with_pauses_token_s", facts.with_pauses_token_s}};
  return finding;
}

Finding judge_watching(const WatchingFacts& facts) {
  Finding finding{.check = checks::kWatching, .figure = {}, .meaning = {}};
  finding.data = {{"cpu_s", facts.cpu_s}, {"wall_s", facts.wall_s}, {"goal_share", kWatchingGoal}};
  if (facts.wall_s < kLeastWatched_s) {
    finding.figure = fmt::format("only {} were timed", base::format_seconds(facts.wall_s));
    finding.meaning = "too short to see what watching the worker costs; give a larger --time-budget";
    return finding;
  }
  const double share = facts.cpu_s / facts.wall_s;
  finding.data["share"] = share;
  finding.standing = share <= kWatchingGoal ? Standing::passed : Standing::failed;
  finding.figure = fmt::format("{:.2f} % of one CPU while a worker was timed for {} (goal: below {:g} %)",
                               100.0 * share, base::format_seconds(facts.wall_s), 100.0 * kWatchingGoal);
  finding.meaning = share <= kWatchingGoal ? "memory is watched without disturbing what is timed"
                                           : "watching the worker takes time from what is timed";
  return finding;
}

Finding judge_sensors(const SensorFacts& facts) {
  Finding finding{.check = checks::kSensors, .figure = {}, .meaning = {}};
  if (facts.sources.empty()) {
    finding.standing = Standing::passed;
    finding.figure = "no sensor of energy or power can be read here";
    finding.meaning = "nothing is read beside what is measured";
    return finding;
  }
  finding.data = {{"sources", facts.sources}, {"readings", facts.readings}, {"rate_hz", facts.rate_hz},
                  {"cpu_s", facts.cpu_s},     {"wall_s", facts.wall_s},     {"goal_share", kWatchingGoal}};
  if (facts.wall_s < kLeastWatched_s) {
    finding.figure = fmt::format("read for {} only", base::format_seconds(facts.wall_s));
    finding.meaning = "too short to see what reading sensors costs; give a larger --time-budget";
    return finding;
  }
  const double share = facts.cpu_s / facts.wall_s;
  finding.data["share"] = share;
  const bool is_small = share <= kWatchingGoal;
  finding.standing = is_small ? Standing::passed : Standing::failed;
  finding.figure =
      fmt::format("{:.2f} % of one CPU for {} {} {:g} times per second (goal: below {:g} %)", 100.0 * share,
                  facts.sources.size(), facts.sources.size() == 1 ? "sensor" : "sensors", facts.rate_hz,
                  100.0 * kWatchingGoal);
  finding.meaning =
      is_small ? "energy is measured without taking some itself"
               : "reading the sensors takes time and energy itself: give a lower --energy-sample-rate";
  return finding;
}

}  // namespace bantam::audit
