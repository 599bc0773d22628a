// render_markdown(): the same tables as on the terminal, in GitHub's Markdown.

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/footnotes.hpp"
#include "report/render.hpp"
#include "report/sentences.hpp"
#include "report/tables.hpp"

namespace bantam::report {
namespace {

// Every character that Markdown or HTML would act on stands for itself.
std::string escaped(std::string_view text) {
  static constexpr std::string_view kSpecial = "\\`*_[]|~#";
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      if (kSpecial.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string cell_text(const Cell& cell) {
  const std::string text = escaped(cell.text);
  switch (cell.mark) {
    case Mark::best:
      return fmt::format("**{}**", text);
    case Mark::shared:
      return text + " \\~";
    case Mark::problem:
      return fmt::format("*{}*", text);
    case Mark::worse:
      return text + " !";
    case Mark::none:
      return text;
  }
  return text;
}

void add_list(std::string& out, std::string_view title, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  if (!title.empty()) out += fmt::format("\n## {}\n", title);
  out += "\n";
  for (const std::string& line : lines) out += fmt::format("- {}\n", escaped(line));
}

}  // namespace

std::string render_markdown(const Table& table) {
  std::string head = "|";
  std::string rule = "|";
  for (std::size_t c = 0; c < table.heads.size(); ++c) {
    head += fmt::format(" {} |", escaped(table.heads[c]));
    rule += c < table.key_columns ? "---|" : "---:|";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const Cell& cell : row) out += fmt::format(" {} |", cell_text(cell));
    out += "\n";
  }
  return out;
}

std::string render_markdown(const analyze::Analysis& analysis) {
  if (analysis.configurations.empty()) return "No results.\n";
  std::string out;
  for (const Table& table : tables_of(analysis)) {
    if (!out.empty()) out += "\n";
    out += fmt::format("## {}\n", table.title);
    if (!table.rows.empty()) out += fmt::format("\n{}", render_markdown(table));
    add_list(out, "", table.remarks);
  }
  add_list(out, "Not ok", problems_of(analysis));
  add_list(out, "Notes", notes_of(analysis));
  add_list(out, "How sure", footer_of(analysis));
  add_list(out, "In short", sentences_of(analysis));
  return out;
}

}  // namespace bantam::report
