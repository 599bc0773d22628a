#include "report/outlier_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "record/steadiness.hpp"

namespace bantam::report {
namespace {

// "2 high severe, 1 low mild".
std::string classes(const record::Outliers& outliers) {
  std::vector<std::string> parts;
  for (const auto& [count, name] :
       {std::pair{outliers.high_severe, "high severe"}, std::pair{outliers.high_mild, "high mild"},
        std::pair{outliers.low_mild, "low mild"}, std::pair{outliers.low_severe, "low severe"}}) {
    if (count > 0) parts.push_back(fmt::format("{} {}", count, name));
  }
  return base::join(parts, ", ");
}

// What happened in the slow ones; empty where the counters say nothing.
std::string meanwhile(const record::Outliers& outliers) {
  std::vector<std::string> parts;
  if (outliers.high_switched > 0)
    parts.push_back(fmt::format("in {} the program was pushed off a CPU more often", outliers.high_switched));
  if (outliers.high_faulted > 0)
    parts.push_back(fmt::format("in {} it had more page faults", outliers.high_faulted));
  if (parts.empty()) return {};
  return fmt::format("; of the slow ones, {} than in any usual run", base::join(parts, ", "));
}

}  // namespace

std::vector<std::string> outlier_lines(const analyze::Analysis& analysis) {
  std::map<std::string, record::Outliers> scenarios;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
    if (cell == configuration.cells.end()) continue;
    for (const record::Steadiness& one : record::steadiness(cell->second))
      scenarios[one.scenario] += one.outliers;
  }
  std::vector<std::string> lines;
  for (const auto& [scenario, outliers] : scenarios) {
    if (outliers.count() == 0) continue;
    lines.push_back(fmt::format(
        "{}: {} of {} runs {} (Tukey's fences within a round: {}), kept in all "
        "figures{}.",
        base::printable(scenario), outliers.count(), outliers.runs,
        outliers.count() == 1 ? "is an outlier" : "are outliers", classes(outliers), meanwhile(outliers)));
  }
  return lines;
}

}  // namespace bantam::report
