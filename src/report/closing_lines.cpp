#include "report/closing_lines.hpp"

#include <fmt/format.h>

#include "base/units.hpp"

namespace bantam::report {
namespace {

std::string counts(const run::RunSummary& summary) {
  std::string text = fmt::format("{} ok", summary.ok);
  if (summary.skipped) text += fmt::format(", {} skipped", summary.skipped);
  if (summary.invalid) text += fmt::format(", {} invalid", summary.invalid);
  if (summary.failed) text += fmt::format(", {} failed", summary.failed);
  if (summary.reused) text += fmt::format(" ({} of them were there already)", summary.reused);
  return text;
}

}  // namespace

std::vector<std::string> closing_lines(const run::RunSummary& summary, const plan::Plan& plan,
                                       double seconds) {
  if (summary.interrupted) return {"interrupted; what is done is kept. Resume with the same command."};
  const int cells = summary.ok + summary.failed + summary.skipped + summary.invalid;
  std::vector<std::string> lines;
  if (summary.reused == cells)
    lines.push_back(fmt::format("nothing to do, all {} cells are measured", cells));
  lines.push_back(fmt::format("{} in {}; records in {}, files in {}", counts(summary),
                              base::format_seconds(seconds), plan.store.string(), plan.output_dir.string()));
  if ((summary.failed || summary.invalid) && !plan.retry)
    lines.emplace_back("--retry runs failed and invalid cells again");
  if (summary.invalid > 0 && plan.performance_settings.wait_quiet_s <= 0.0)
    lines.emplace_back(
        "where other programs disturbed a measurement: stop them, or wait for them with --wait-quiet 60");
  lines.push_back(
      fmt::format("all figures, and how sure they are: bantam analyze --store {}", plan.store.string()));
  return lines;
}

}  // namespace bantam::report
