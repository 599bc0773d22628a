#include "report/analysis_page.hpp"

#include "report/analysis_json.hpp"
#include "report/analysis_lines.hpp"
#include "report/analysis_tables.hpp"

namespace bantam::report {
namespace {

using table::Lines;
using table::Tone;

table::Page page(const analyze::Analysis& analysis) {
  table::Page page;
  for (table::Table& part : analysis_tables(analysis)) page.emplace_back(std::move(part));
  page.emplace_back(Lines{"Not ok", problem_lines(analysis), Tone::alarm, true});
  page.emplace_back(Lines{"Notes", note_lines(analysis), Tone::plain, true});
  page.emplace_back(Lines{"How sure", method_lines(analysis), Tone::quiet, true});
  page.emplace_back(Lines{"In short", summary_sentences(analysis), Tone::plain, true});
  return page;
}

table::Page brief(const analyze::Analysis& analysis) {
  table::Page page;
  for (table::Table& part : short_tables(analysis)) page.emplace_back(std::move(part));
  page.emplace_back(Lines{"Not ok", problem_lines(analysis), Tone::alarm, true});
  page.emplace_back(Lines{"Notes", note_lines(analysis), Tone::plain, true});
  page.emplace_back(Lines{"In short", summary_sentences(analysis), Tone::plain, true});
  return page;
}

}  // namespace

std::string analysis_page(const analyze::Analysis& analysis, table::Format format,
                          const table::TerminalStyle& style) {
  switch (format) {
    case table::Format::json:
      return base::to_text(to_json(analysis), 2) + "\n";
    case table::Format::csv:
      return results_csv(analysis);
    case table::Format::table:
    case table::Format::md:
      break;
  }
  if (analysis.configurations.empty()) return "No results.\n";
  return page_text(page(analysis), format, style);
}

std::string short_page(const analyze::Analysis& analysis, const table::TerminalStyle& style) {
  if (analysis.configurations.empty()) return {};
  return page_text(brief(analysis), table::Format::table, style);
}

}  // namespace bantam::report
