#include "report/footnotes.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "report/encoder_lines.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using analyze::Entry;
using analyze::Impact;
using analyze::ScoreChange;

void append_unique(std::vector<std::string>& lines, std::string line) {
  if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
}

// "12 to 20", "12", or empty when no value says how many samples it has.
std::string sample_range(const Analysis& analysis) {
  std::set<std::int64_t> counts;
  for (const Configuration& configuration : analysis.configurations) {
    const Entry entry = metric_entry(configuration, "e2e_latency_s");
    if (entry.value && entry.value->n) counts.insert(*entry.value->n);
  }
  if (counts.empty()) return {};
  if (counts.size() == 1) return fmt::format("{}", *counts.begin());
  return fmt::format("{} to {}", *counts.begin(), *counts.rbegin());
}

// Null when nothing was decided while it ran.
const analyze::Decided* any_decision(const Analysis& analysis) {
  for (const Impact& impact : analysis.impacts) {
    for (const ScoreChange& change : impact.scores) {
      if (change.decided) return &*change.decided;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> problems_of(const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      if (record.outcome == record::Outcome::ok) continue;
      std::string line = fmt::format("{} {} {}: {}", configuration.model, configuration.precision, task,
                                     analyze::outcome_text(record));
      if (record.failure && record.failure->signal) line += ": " + record.failure->message;
      lines.push_back(base::printable(line));
    }
  }
  return lines;
}

std::vector<std::string> notes_of(const Analysis& analysis) {
  std::vector<std::string> lines;
  for (const std::string& note : analysis.notes) append_unique(lines, base::printable(note));
  for (const Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      for (const std::string& warning : record.warnings) {
        append_unique(lines, base::printable(fmt::format("{} {} {}: {}", configuration.model,
                                                         configuration.precision, task, warning)));
      }
    }
  }
  return lines;
}

std::vector<std::string> footer_of(const Analysis& analysis) {
  std::set<std::string> models;
  std::int64_t tests = 0;
  for (const Configuration& configuration : analysis.configurations) models.insert(configuration.model);
  for (const Impact& impact : analysis.impacts) {
    tests +=
        std::ranges::count_if(impact.scores, [](const ScoreChange& change) { return change.p.has_value(); });
  }
  std::vector<std::string> lines;
  lines.push_back(fmt::format(
      "{} configuration{} of {} model{}. * best, or better than the base; ~ not to be told from it; ! worse.",
      analysis.configurations.size(), analysis.configurations.size() == 1 ? "" : "s", models.size(),
      models.size() == 1 ? "" : "s"));
  if (const std::string samples = sample_range(analysis); !samples.empty()) {
    lines.push_back(
        fmt::format("Speed: medians of {} requests; ± is the wider side of an exact order-statistic "
                    "interval (95 %).",
                    samples));
  }
  if (!analysis.impacts.empty()) {
    lines.push_back(
        "Speed-ups and ratios: this / base, so that more than 1x is faster; intervals from the limits of "
        "both (conservative).");
  }
  if (!analysis.columns.empty()) lines.push_back("Scores of shares: Wilson intervals (95 %).");
  const std::vector<std::string> encoders = encoder_lines(analysis);
  lines.insert(lines.end(), encoders.begin(), encoders.end());
  if (tests > 0) {
    lines.push_back(
        fmt::format("Differences: points of 100, Newcombe's paired interval; p: exact McNemar, adjusted "
                    "by Holm for {} test{}; detectable: the smallest true difference these items would "
                    "show (80 % power).",
                    tests, tests == 1 ? "" : "s"));
  }
  if (const auto* decision = any_decision(analysis)) {
    lines.push_back(fmt::format(
        "Decided while running: Newcombe's paired interval, widened to exact limits where few items differ, "
        "at {:g} % at each look, so that all looks of one comparison hold together with 95 %; several "
        "comparisons are not corrected for. A score on a part of "
        "the items has the interval of a part of that size; the stopping is not in it.",
        100.0 * decision->confidence));
  }
  return lines;
}

}  // namespace bantam::report
