#include "report/analysis_page.hpp"

#include <utility>

#include "report/analysis_json.hpp"
#include "report/analysis_lines.hpp"
#include "report/analysis_tables.hpp"

namespace bantam::report {
namespace {

using table::Lines;
using table::Tone;

table::Page begin_page(const std::vector<std::string>& answer_lines) {
  table::Page page;
  page.emplace_back(Lines{"Answer", answer_lines, Tone::plain, true});
  return page;
}

table::Page page(const analyze::Analysis& analysis, const std::vector<std::string>& audit_lines,
                 const std::vector<std::string>& answer_lines) {
  table::Page page = begin_page(answer_lines);
  for (table::Table& part : analysis_tables(analysis)) page.emplace_back(std::move(part));
  page.emplace_back(Lines{"Not ok", problem_lines(analysis), Tone::alarm, true});
  page.emplace_back(Lines{"Notes", note_lines(analysis), Tone::plain, true});
  std::vector<std::string> how_sure = method_lines(analysis);
  how_sure.insert(how_sure.end(), audit_lines.begin(), audit_lines.end());
  page.emplace_back(Lines{"How sure", std::move(how_sure), Tone::quiet, true});
  page.emplace_back(Lines{"In short", summary_sentences(analysis), Tone::plain, true});
  return page;
}

table::Page brief(const analyze::Analysis& analysis, const std::vector<std::string>& audit_lines,
                  const std::vector<std::string>& answer_lines) {
  table::Page page = begin_page(answer_lines);
  for (table::Table& part : short_tables(analysis)) page.emplace_back(std::move(part));
  page.emplace_back(Lines{"Not ok", problem_lines(analysis), Tone::alarm, true});
  page.emplace_back(Lines{"Notes", note_lines(analysis), Tone::plain, true});
  page.emplace_back(Lines{"In short", summary_sentences(analysis), Tone::plain, true});
  page.emplace_back(Lines{"", audit_lines, Tone::quiet, true});
  return page;
}

}  // namespace

std::string analysis_page(const analyze::Analysis& analysis, table::Format format,
                          const table::TerminalStyle& style, const std::vector<std::string>& audit_lines,
                          const std::vector<std::string>& answer_lines) {
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
  return page_text(page(analysis, audit_lines, answer_lines), format, style);
}

std::string short_page(const analyze::Analysis& analysis, const table::TerminalStyle& style,
                       const std::vector<std::string>& audit_lines,
                       const std::vector<std::string>& answer_lines) {
  if (analysis.configurations.empty()) return {};
  return page_text(brief(analysis, audit_lines, answer_lines), table::Format::table, style);
}

std::string executive_summary(const analyze::Analysis& analysis, const std::vector<std::string>& answer_lines,
                              const std::vector<std::string>& rank_sentences) {
  table::Page page = begin_page(answer_lines);
  std::vector<std::string> sentences = summary_sentences(analysis);
  sentences.insert(sentences.end(), rank_sentences.begin(), rank_sentences.end());
  page.emplace_back(Lines{"In short", std::move(sentences), Tone::plain, true});
  page.emplace_back(Lines{"Not ok", problem_lines(analysis), Tone::alarm, true});
  page.emplace_back(Lines{"Notes", note_lines(analysis), Tone::plain, true});
  return page_text(page, table::Format::table, {});
}

std::set<std::string> measuring_devices(const analyze::Analysis& analysis) {
  std::set<std::string> identities;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
    if (cell == configuration.cells.end()) continue;
    if (const auto identity = base::string_at(cell->second.device, "identity")) identities.insert(*identity);
  }
  return identities;
}

}  // namespace bantam::report
