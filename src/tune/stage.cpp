#include "tune/stage.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.hpp"
#include "stats/blocks.hpp"

namespace bantam::tune {
namespace {

using analyze::Change;
using analyze::Configuration;

std::optional<double> memory_of(const Configuration& configuration) {
  for (const char* metric : {"pss_peak_bytes", "private_peak_bytes"}) {
    if (const auto entry = analyze::metric_entry(configuration, metric); entry.value)
      return entry.value->value;
  }
  return std::nullopt;
}

// Why a configuration has no place in the contest, or none that can be told; both absent when it has one.
struct Problem {
  std::optional<std::string> refused;
  std::optional<std::string> not_told;
};
Problem problem(const Configuration& configuration) {
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  if (cell == configuration.cells.end()) return {"not measured", {}};
  const record::Outcome outcome = cell->second.outcome;
  if (outcome == record::Outcome::ok) return {};
  if (outcome == record::Outcome::invalid) return {{}, analyze::outcome_text(cell->second)};
  return {analyze::outcome_text(cell->second), {}};
}

// Surely faster, in a search.
bool is_shown(const Contender& contender) {
  const auto& change = *contender.change;
  return change.verdict == analyze::Verdict::better && change.interval && stats::is_apart(*change.interval);
}

// The largest factor by which a contender may be faster; absent when nobody can tell.
std::optional<double> most_gain(const Contender& contender, const metric::Metric& objective) {
  if (!contender.change || contender.not_told) return std::nullopt;
  const auto interval = contender.change->factor_interval(objective);
  return interval ? std::optional(interval->high) : std::nullopt;
}

}  // namespace

void judge(Stage& stage, const std::vector<Configuration>& configurations, const metric::Metric& objective,
           const Limits& limits) {
  if (configurations.empty()) {
    for (Contender& contender : stage.contenders) contender.refused = "not measured";
    return;
  }
  const auto beyond = [&](const Configuration& configuration,
                          const Problem& found) -> std::optional<std::string> {
    if (!limits.memory_bytes || found.refused) return found.refused;
    const std::optional<double> bytes = memory_of(configuration);
    if (!bytes && found.not_told) return std::nullopt;
    if (!bytes) return "its memory is not known";
    if (*bytes <= *limits.memory_bytes) return std::nullopt;
    return fmt::format("it needs {}, more than {}", base::format_bytes(*bytes),
                       base::format_bytes(*limits.memory_bytes));
  };
  const Problem before = problem(configurations.front());
  stage.before_not_told = before.not_told;
  stage.before_refused = beyond(configurations.front(), before);
  for (std::size_t i = 0; i < stage.contenders.size(); ++i) {
    Contender& contender = stage.contenders[i];
    if (i + 1 >= configurations.size()) {
      contender.refused = "not measured";
      continue;
    }
    const Configuration& own = configurations[i + 1];
    contender.change = analyze::find_change(objective, own, configurations.front());
    contender.memory_bytes = memory_of(own);
    const Problem found = problem(own);
    contender.not_told = found.not_told;
    contender.refused = beyond(own, found);
    if (contender.change) stage.rounds = std::max(stage.rounds, contender.change->rounds);
  }
}

std::optional<std::size_t> best(const Stage& stage, const metric::Metric& objective) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < stage.contenders.size(); ++i) {
    const Contender& one = stage.contenders[i];
    if (one.refused || one.not_told || !one.change) continue;
    if (!stage.before_refused && !is_shown(one)) continue;
    if (!found || one.change->factor(objective) > stage.contenders[*found].change->factor(objective))
      found = i;
  }
  return found;
}

std::optional<Promising> most_promising(const std::vector<Stage>& stages, const metric::Metric& objective) {
  if (std::ranges::any_of(stages, [](const Stage& stage) { return stage.taken || stage.before_refused; }))
    return std::nullopt;
  std::optional<Promising> found;
  double most = 1.0 + kPromising;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    for (std::size_t j = 0; j < stages[i].contenders.size(); ++j) {
      const Contender& contender = stages[i].contenders[j];
      if (contender.refused || contender.not_told || !contender.change ||
          (stages[i].is_lossy && !contender.damage))
        continue;
      const double factor = contender.change->factor(objective);
      if (contender.change->verdict != analyze::Verdict::undecided || factor <= most) continue;
      most = factor;
      found = Promising{i, j};
    }
  }
  return found;
}

namespace {

// By how much any contender that is not refused may be faster, but for the most promising one, which has
// rounds of its own; absent where it is not known of one.
std::optional<double> most_gain_of_others(const std::vector<Stage>& stages, const metric::Metric& objective) {
  const auto promising = most_promising(stages, objective);
  double most = 1.0;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    for (std::size_t j = 0; j < stages[i].contenders.size(); ++j) {
      const Contender& contender = stages[i].contenders[j];
      if (contender.refused || (promising && promising->stage == i && promising->contender == j)) continue;
      const auto gain = most_gain(contender, objective);
      if (!gain) return std::nullopt;
      most = std::max(most, *gain);
    }
  }
  return most;
}

}  // namespace

Verdict conclude(const std::vector<Stage>& stages, const std::optional<Change>& last,
                 const metric::Metric& objective) {
  constexpr double kPercent = 100.0;
  Verdict verdict;
  const bool must_leave =
      std::ranges::any_of(stages, [](const Stage& stage) { return stage.before_refused && stage.taken; });
  if (last) {
    verdict.gain = last;
    if (must_leave) {
      verdict.outcome = Outcome::within_limit;
      verdict.sentence =
          "the defaults break a limit or do not run; the choice is the fastest that was found of what does";
      return verdict;
    }
    if (last->verdict == analyze::Verdict::better) {
      verdict.outcome = Outcome::better;
      verdict.sentence = "the chosen settings are faster than the defaults";
      return verdict;
    }
    const auto interval = last->factor_interval(objective);
    // Where nothing was taken, what was not measured anew may be faster, too.
    const bool is_taken =
        std::ranges::any_of(stages, [](const Stage& stage) { return stage.taken.has_value(); });
    const auto others = is_taken ? std::optional(1.0) : most_gain_of_others(stages, objective);
    const bool is_alike = interval && interval->high <= 1.01 && others && *others <= 1.01;
    verdict.outcome = is_alike ? Outcome::defaults : Outcome::cannot_tell;
    if (interval && others) verdict.within = std::max({interval->high, *others, 1.0}) - 1.0;
    verdict.sentence = is_alike ? "the defaults are best within 1 %: measured anew, the choice is no faster"
                                : "measured anew, the chosen settings cannot be told from the defaults: keep "
                                  "the defaults, or give more --time-budget";
    return verdict;
  }
  double most = 1.0;
  bool is_known = true;
  bool is_any = false;
  for (const Stage& stage : stages) {
    for (const Contender& contender : stage.contenders) {
      if (contender.refused) continue;
      is_any = true;
      const auto gain = most_gain(contender, objective);
      is_known &= gain.has_value();
      most = std::max(most, gain.value_or(1.0));
    }
  }
  const auto refused =
      std::ranges::find_if(stages, [](const Stage& stage) { return stage.before_refused.has_value(); });
  if (refused != stages.end()) {
    verdict.sentence =
        fmt::format("the defaults cannot be used ({}), and nothing that was tried can replace them",
                    *refused->before_refused);
    return verdict;
  }
  if (!is_any) {
    const bool is_refused =
        std::ranges::any_of(stages, [](const Stage& stage) { return !stage.contenders.empty(); });
    verdict.sentence = is_refused ? "everything that was tried is refused" : "nothing was tried";
    return verdict;
  }
  if (!is_known) {
    verdict.sentence = "too few rounds count to tell every choice: give more --time-budget, or --wait-quiet";
    return verdict;
  }
  verdict.outcome = Outcome::defaults;
  verdict.within = most - 1.0;
  verdict.sentence = most <= 1.01
                         ? "the defaults are best within 1 %"
                         : fmt::format(
                               "nothing is shown to be faster than the defaults; by how much something "
                               "may be: {:.1f} % at most",
                               kPercent * (most - 1.0));
  return verdict;
}

}  // namespace bantam::tune
