#include "report/phrases.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "base/units.hpp"

namespace bantam::report {

std::string with_spread(const metric::Metric& metric, const record::Value& value) {
  const std::string text = metric::format_value(metric, value.value);
  if (!value.interval || value.value == 0.0) return text;
  const double spread = std::max(value.value - value.interval->low, value.interval->high - value.value);
  const double percent = 100.0 * spread / std::abs(value.value);
  return fmt::format("{} ±{:.{}f} %", text, percent, percent < 9.95 ? 1 : 0);
}

std::string with_limits(const metric::Metric& metric, const record::Value& value) {
  const std::string text = metric::format_value(metric, value.value);
  if (!value.interval) return text;
  return fmt::format("{} [{}, {}]", text, metric::format_value(metric, value.interval->low),
                     metric::format_value(metric, value.interval->high));
}

std::string as_factor(double factor, const std::optional<stats::Interval>& interval) {
  if (!interval) return fmt::format("{:.2f}x", factor);
  // Limits that are close together would be told alike with two digits.
  const int digits = interval->high - interval->low < 0.02 ? 3 : 2;
  return fmt::format("{0:.{3}f}x [{1:.{3}f}, {2:.{3}f}]", factor, interval->low, interval->high, digits);
}

std::string as_difference(const analyze::ScoreChange& change, std::string_view unit) {
  const metric::Metric* metric = metric::find_metric(change.column.metric);
  const bool is_share = metric && metric->format == metric::MetricFormat::ratio;
  const double scale = is_share ? 100.0 : 1.0;
  const int digits = is_share ? 1 : 3;
  // Adding 0.0 turns a negative zero into a plain one.
  std::string text = fmt::format("{:+.{}f}{}", scale * change.difference + 0.0, digits, is_share ? unit : "");
  if (change.interval) {
    text += fmt::format(" [{:+.{}f}, {:+.{}f}]", scale * change.interval->low + 0.0, digits,
                        scale * change.interval->high + 0.0, digits);
  }
  return text;
}

std::string as_decision(const analyze::Decided& decided) {
  return fmt::format("{} after {} look{}, {}", decided.verdict, decided.looks, decided.looks == 1 ? "" : "s",
                     decided.stages.stopped_because);
}

std::string versus(const analyze::Impact& impact) {
  if (!impact.is_across_models()) return fmt::format("{} vs {}", impact.setup(), impact.base_setup());
  if (!impact.is_tuned)
    return fmt::format("{} vs {} {}", impact.setup(), impact.base_model, impact.base_setup());
  return fmt::format("{}, tuned vs base {} {}", impact.setup(), impact.base_model, impact.base_setup());
}

std::string subject(const analyze::Impact& impact) {
  if (!impact.is_across_models()) return fmt::format("{} {}", impact.model, impact.setup());
  return fmt::format("{} {} vs {} {}", impact.model, impact.setup(), impact.base_model, impact.base_setup());
}

std::vector<std::pair<std::string, std::vector<std::string>>> tasks_by_reason(const analyze::Impact& impact) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;
  for (const auto& [task, reason] : impact.refused) {
    auto found = std::ranges::find(reasons, reason, [](const auto& one) { return one.first; });
    if (found == reasons.end()) found = reasons.insert(found, {reason, {}});
    found->second.push_back(task);
  }
  return reasons;
}

table::Mark verdict_mark(analyze::Verdict verdict) {
  switch (verdict) {
    case analyze::Verdict::better:
      return table::Mark::best;
    case analyze::Verdict::worse:
      return table::Mark::worse;
    case analyze::Verdict::equal:
    case analyze::Verdict::alike:
    case analyze::Verdict::undecided:
      return table::Mark::shared;
  }
  return table::Mark::none;
}

std::string as_p(double p) {
  return p < 0.001 ? "< 0.001" : fmt::format("{:.3f}", p);
}

}  // namespace bantam::report
