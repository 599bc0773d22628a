#include "analyze/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace bantam::analyze {
namespace {

tl::unexpected<base::Error> not_a_gate(std::string_view text) {
  return base::fail(base::ErrorKind::usage,
                    fmt::format("--fail-if: '{}' is no limit", base::printable(std::string(text))),
                    "write METRIC < -3% (or > 3%), or TASK < -2 for points of a score");
}

GateVerdict by_interval(const Gate& gate, const stats::Interval& interval) {
  const double nearest = gate.below ? interval.low : interval.high;
  const double farthest = gate.below ? interval.high : interval.low;
  const auto fails = [&gate](double change) {
    return gate.below ? change < gate.limit : change > gate.limit;
  };
  if (fails(farthest)) return GateVerdict::no_go;
  return fails(nearest) ? GateVerdict::inconclusive : GateVerdict::go;
}

std::string percent(double share) {
  return fmt::format("{:+.1f} %", 100.0 * share + 0.0);
}

GateResult judge_change(const Gate& gate, const metric::Metric& metric, const Change& change) {
  const double middle = change.ratio - 1.0;
  GateResult result{gate, GateVerdict::inconclusive, percent(middle)};
  std::optional<stats::Interval> interval;
  if (change.interval) {
    interval = {change.interval->low - 1.0, change.interval->high - 1.0};
    result.reason += fmt::format(" [{}, {}]", percent(interval->low), percent(interval->high));
  } else if (metric.group == metric::MetricGroup::model) {
    interval = {middle, middle};
  } else if (metric.group == metric::MetricGroup::memory) {
    interval = {middle - kMemoryTolerance, middle + kMemoryTolerance};
    result.reason += " (a single reading, ±2 %)";
  }
  if (!interval) {
    result.reason += fmt::format(", {}", change.doubt.value_or("without an interval"));
    return result;
  }
  result.verdict = by_interval(gate, *interval);
  return result;
}

GateResult judge_score(const Gate& gate, const ScoreChange& change) {
  GateResult result{gate, GateVerdict::inconclusive,
                    fmt::format("{:+.1f} points", 100.0 * change.difference + 0.0)};
  if (change.no_answers) {
    result.reason = *change.no_answers;
    return result;
  }
  if (!change.interval) {
    result.reason += ", without an interval";
    return result;
  }
  result.reason += fmt::format(" [{:+.1f}, {:+.1f}]", 100.0 * change.interval->low + 0.0,
                               100.0 * change.interval->high + 0.0);
  result.verdict = by_interval(gate, *change.interval);
  return result;
}

}  // namespace

base::Result<Gate> parse_gate(std::string_view text) {
  const std::size_t sign = text.find_first_of("<>");
  if (sign == std::string_view::npos) return not_a_gate(text);
  Gate gate;
  gate.text = std::string(base::trim(text));
  gate.subject = std::string(base::trim(text.substr(0, sign)));
  gate.below = text[sign] == '<';
  std::string_view number = base::trim(text.substr(sign + 1));
  gate.is_relative = number.ends_with('%');
  if (gate.is_relative) number = base::trim(number.substr(0, number.size() - 1));
  if (number.starts_with('+')) number.remove_prefix(1);
  const auto value = base::parse_number(number);
  if (!value || !std::isfinite(*value) || gate.subject.empty()) return not_a_gate(text);
  gate.limit = *value / 100.0;
  const metric::Metric* metric = metric::find_metric(gate.subject);
  const bool has_ratio = metric != nullptr && (metric->group == metric::MetricGroup::speed ||
                                               metric->group == metric::MetricGroup::memory ||
                                               metric->group == metric::MetricGroup::model);
  if (has_ratio && !gate.is_relative)
    return base::fail(base::ErrorKind::usage,
                      fmt::format("--fail-if: a limit on {} is in percent", gate.subject),
                      fmt::format("write {} {} {}%", gate.subject, gate.below ? "<" : ">", number));
  if (!has_ratio && gate.is_relative)
    return base::fail(
        base::ErrorKind::usage,
        fmt::format("--fail-if: no speed, memory or size is called '{}'", base::printable(gate.subject)),
        "metrics are listed in docs/metrics.md; a limit on a task's score is in points: TASK < -2");
  return gate;
}

std::string_view name(GateVerdict verdict) {
  switch (verdict) {
    case GateVerdict::go:
      return "GO";
    case GateVerdict::no_go:
      return "NO-GO";
    case GateVerdict::inconclusive:
      return "INCONCLUSIVE";
  }
  return {};
}

GateResult judge(const Gate& gate, const Impact& impact) {
  if (gate.is_relative) {
    if (const auto found = impact.changes.find(gate.subject); found != impact.changes.end())
      return judge_change(gate, *metric::find_metric(gate.subject), found->second);
    const auto refused = impact.refused.find(std::string(kPerformance));
    return {gate, GateVerdict::inconclusive,
            refused != impact.refused.end() ? refused->second : std::string("not measured on both sides")};
  }
  for (const ScoreChange& change : impact.scores) {
    if (change.column.task == gate.subject) return judge_score(gate, change);
  }
  const auto refused = impact.refused.find(gate.subject);
  return {gate, GateVerdict::inconclusive,
          refused != impact.refused.end() ? refused->second : std::string("no score of it on both sides")};
}

GateVerdict overall(const std::vector<GateResult>& results) {
  GateVerdict verdict = GateVerdict::go;
  for (const GateResult& result : results) {
    if (result.verdict == GateVerdict::no_go) return GateVerdict::no_go;
    if (result.verdict == GateVerdict::inconclusive) verdict = GateVerdict::inconclusive;
  }
  return verdict;
}

}  // namespace bantam::analyze
