#include "report/audit_page.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using audit::Finding;
using audit::Standing;

std::string title(std::string_view check) {
  std::string text(check);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string line(const Finding& finding) {
  return fmt::format("{:<11}  {}: {}; {}", name(finding.standing), title(finding.check), finding.figure,
                     finding.meaning);
}

std::string csv(const audit::Audit& audit) {
  table::Sheet sheet;
  for (const Finding& finding : audit.findings) {
    sheet.start_row();
    sheet.text("check", std::string(finding.check));
    sheet.text("standing", std::string(name(finding.standing)));
    sheet.text("figure", finding.figure);
    sheet.text("meaning", finding.meaning);
  }
  return sheet.csv();
}

std::string names(const audit::Audit& audit, Standing standing) {
  std::vector<std::string> found;
  for (const Finding& finding : audit.findings) {
    if (finding.standing == standing) found.push_back(title(finding.check));
  }
  return base::join(found, ", ");
}

std::string verdict_line(const audit::Audit& audit) {
  switch (audit.verdict) {
    case Standing::passed:
      return "passed: nothing speaks against the figures of this program on this machine, now.";
    case Standing::failed:
      return fmt::format("failed ({}): figures of this program on this machine cannot be believed.",
                         names(audit, Standing::failed));
    case Standing::cannot_tell:
      break;
  }
  return fmt::format("cannot tell ({}): nothing failed, but not all could be checked.",
                     names(audit, Standing::cannot_tell));
}

}  // namespace

std::string audit_page(const audit::Audit& audit, table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) return base::to_text(to_json(audit), 2) + "\n";
  if (format == table::Format::csv) return csv(audit);
  std::vector<std::string> lines;
  for (const Finding& finding : audit.findings) lines.push_back(line(finding));
  const auto tone = audit.verdict == Standing::failed ? table::Tone::alarm : table::Tone::plain;
  table::Page page;
  page.emplace_back(table::Lines{fmt::format("Audit with {} {}", audit.model, audit.precision), lines,
                                 table::Tone::plain, true});
  page.emplace_back(table::Lines{"Verdict", {verdict_line(audit)}, tone, true});
  return page_text(page, format, style);
}

}  // namespace bantam::report
