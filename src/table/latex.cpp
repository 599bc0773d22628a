#include "table/latex.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <utility>

#include "base/text.hpp"

namespace bantam::table {
namespace {

constexpr std::pair<char, std::string_view> kSpecial[] = {{'\\', "\\textbackslash{}"},
                                                          {'{', "\\{"},
                                                          {'}', "\\}"},
                                                          {'$', "\\$"},
                                                          {'&', "\\&"},
                                                          {'%', "\\%"},
                                                          {'#', "\\#"},
                                                          {'_', "\\_"},
                                                          {'~', "\\textasciitilde{}"},
                                                          {'^', "\\textasciicircum{}"},
                                                          {'<', "\\textless{}"},
                                                          {'>', "\\textgreater{}"},
                                                          {'|', "\\textbar{}"},
                                                          {'"', "\\textquotedbl{}"},
                                                          {'[', "{[}"},
                                                          {']', "{]}"},
                                                          {'-', "{-}"},
                                                          {'`', "{`}"},
                                                          {'\'', "{'}"}};

constexpr std::pair<std::uint32_t, std::string_view> kSymbols[] = {
    {0xB1, "$\\pm$"}, {0xB5, "$\\mu$"},  {0x3BC, "$\\mu$"},     {0xD7, "$\\times$"}, {0x2013, "--"},
    {0x2212, "$-$"},  {0xF7, "$\\div$"}, {0x2026, "\\ldots{}"}, {0x2192, "$\\to$"}};

std::string_view special(char c) {
  for (const auto& [one, text] : kSpecial) {
    if (one == c) return text;
  }
  return {};
}

std::string symbol(std::uint32_t code) {
  for (const auto& [one, text] : kSymbols) {
    if (one == code) return std::string(text);
  }
  return fmt::format("{{[}}U+{:04X}{{]}}", code);
}

// The code point of a well-formed sequence that begins at `at`, and its length.
std::pair<std::uint32_t, std::size_t> code_point(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(at);
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (at + length > text.size()) return {0xFFFD, 1};
  std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6U) | (byte(at + i) & 0x3FU);
  return {code, length};
}

std::string row_text(const std::vector<Cell>& cells) {
  std::string text;
  for (const Cell& cell : cells) {
    const std::string escaped = latex_escaped(cell.text);
    text += text.empty() ? "  " : " & ";
    text += cell.mark == Mark::best ? "\\textbf{" + escaped + "}" : escaped;
  }
  return text + " \\\\\n";
}

std::string table_text(const Table& table) {
  std::string columns;
  std::vector<Cell> heads;
  for (const Column& column : table.columns) {
    columns += column.align == Align::left ? 'l' : 'r';
    heads.push_back({column.head, Mark::none});
  }
  std::string text = fmt::format(
      "\\begin{{table}}\n  \\centering\n  \\caption{{{}}}\n  \\begin{{tabular}}{{{}}}\n  \\toprule\n",
      latex_escaped(table.title), columns);
  text += row_text(heads) + "  \\midrule\n";
  for (const auto& row : table.rows) text += row_text(row);
  text += "  \\bottomrule\n  \\end{tabular}\n";
  for (const std::string& note : table.notes) text += "\n  " + latex_escaped(note) + "\n";
  return text + "\\end{table}\n";
}

}  // namespace

std::string latex_escaped(std::string_view text) {
  const std::string printable = base::printable(std::string(text));
  std::string escaped;
  for (std::size_t at = 0; at < printable.size();) {
    const char c = printable[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      const std::string_view instead = special(c);
      instead.empty() ? escaped += c : escaped += instead;
      ++at;
      continue;
    }
    const auto [code, length] = code_point(printable, at);
    escaped += symbol(code);
    at += length;
  }
  return escaped;
}

std::string latex_text(const std::vector<Table>& tables) {
  std::string text = "% \\usepackage{booktabs}\n";
  for (const Table& table : tables) {
    if (!table.rows.empty()) text += "\n" + table_text(table);
  }
  return text;
}

}  // namespace bantam::table
