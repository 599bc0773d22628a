// markdown_text(): GitHub's Markdown.

#include <fmt/format.h>

#include "base/text.hpp"
#include "table/render.hpp"

namespace bantam::table {

// Every character that Markdown or HTML would act on stands for itself.
std::string markdown_escaped(std::string_view text) {
  static constexpr std::string_view kSpecial = "\\`*_[]|~#$";
  std::string out;
  for (const char c : base::printable(text)) {
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

namespace {

std::string cell_text(const Cell& cell) {
  const std::string text = markdown_escaped(cell.text);
  switch (cell.mark) {
    case Mark::best:
      return fmt::format("**{}**", text);
    case Mark::shared:
      return text + " \\~";
    case Mark::problem:
      return text.empty() ? text : fmt::format("*{}*", text);
    case Mark::worse:
      return text + " !";
    case Mark::none:
      return text;
  }
  return text;
}

// `show_head` and `show_cell` say how texts become Markdown.
template <typename Head, typename Body>
std::string rows_text(const Table& table, Head show_head, Body show_cell) {
  std::string head = "|";
  std::string rule = "|";
  for (const Column& column : table.columns) {
    head += fmt::format(" {} |", show_head(column.head));
    rule += column.align == Align::left ? "---|" : "---:|";
  }
  std::string out = head + "\n" + rule + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const Cell& cell : row) out += fmt::format(" {} |", show_cell(cell));
    out += "\n";
  }
  return out;
}

void add_title(std::string& out, const std::string& title) {
  if (!title.empty()) out += fmt::format("## {}\n", markdown_escaped(title));
}

void add_list(std::string& out, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  if (!out.empty()) out += "\n";
  for (const std::string& line : lines) out += fmt::format("- {}\n", markdown_escaped(base::trim(line)));
}

std::string block_text(const Table& table) {
  std::string out;
  add_title(out, table.title);
  if (!table.rows.empty()) out += (out.empty() ? "" : "\n") + rows_text(table, markdown_escaped, cell_text);
  add_list(out, table.notes);
  return out;
}

std::string block_text(const Facts& facts) {
  std::string out;
  add_title(out, facts.title);
  if (!out.empty()) out += "\n";
  out += "| | |\n|---|---|\n";
  for (const auto& [name, text] : facts.rows)
    out += fmt::format("| {} | {} |\n", markdown_escaped(name), markdown_escaped(text));
  return out;
}

std::string block_text(const Lines& lines) {
  std::string out;
  if (lines.lines.empty()) return out;
  add_title(out, lines.title);
  add_list(out, lines.lines);
  return out;
}

}  // namespace

std::string markdown_text(const Page& page) {
  std::string out;
  for (const Block& block : page) {
    const std::string text = std::visit([](const auto& one) { return block_text(one); }, block);
    if (!text.empty()) out += (out.empty() ? "" : "\n") + text;
  }
  return out;
}

std::string markdown_rows(const Table& table) {
  return rows_text(
      table, [](const std::string& head) { return head; }, [](const Cell& cell) { return cell.text; });
}

}  // namespace bantam::table
