#include "table/latex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
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
                                                          {'"', "\\symbol{34}"},
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

// Letters of a line of the class article, and how they are set: tables that are wider than a line get small
// ones.
struct Letters {
  std::size_t per_line = 0;
  std::string_view command;
};
constexpr Letters kNormal{70, ""};
constexpr Letters kSmall{84, "  \\footnotesize\n"};

constexpr std::size_t kGap = 3;            // between two columns, in letters
constexpr std::size_t kLeastKey = 8;       // letters that are left of a name
constexpr std::size_t kMostRows = 40;      // and lines of notes, on a page
constexpr std::size_t kTablesAtOnce = 12;  // LaTeX holds back a limited number that have found no place yet

// Letters of the text as it is shown.
std::size_t shown_width(std::string_view text) {
  const std::string printable = base::printable(text);
  std::size_t width = 0;
  for (std::size_t at = 0; at < printable.size();) {
    const auto [code, length] = code_point(printable, at);
    const bool is_named = code >= 0x80 && symbol(code).starts_with("{[}");
    width += is_named ? std::string_view("[U+4E2D]").size() : 1;
    at += length;
  }
  return width;
}

// At most so many letters, the last three of them dots where something was cut.
std::string cut(const std::string& text, std::size_t most) {
  if (shown_width(text) <= most) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  std::string start = base::printable(text);
  while (!start.empty() && shown_width(start) + 3 > most) {
    while (start.size() > 1 && continues(start.back())) start.pop_back();
    start.pop_back();
  }
  return start + "...";
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

// Columns and rows of a table that find room on a page: the keys, and figures from `first` up to `last`.
struct Part {
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t first_row = 0;
  std::size_t last_row = 0;
};

// A table in parts, as it is done for a terminal.
class Layout {
 public:
  explicit Layout(const Table& table) : table_(table) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      std::size_t width = shown_width(table.columns[c].head);
      for (const auto& row : table.rows) width = std::max(width, shown_width(row[c].text));
      widths_.push_back(width);
    }
    std::size_t width = 0;
    for (const std::size_t one : widths_) width += one + kGap;
    letters_ = width <= kNormal.per_line + kGap ? kNormal : kSmall;
    shrink_keys();
  }

  std::vector<std::string> environments() const {
    std::vector<std::string> all;
    std::size_t first = table_.key_columns;
    do {
      const std::size_t last = end_of_part(first);
      for (std::size_t row = 0; row < table_.rows.size(); row += kMostRows) {
        const std::size_t last_row = std::min(row + kMostRows, table_.rows.size());
        const bool is_end = last >= widths_.size() && last_row == table_.rows.size();
        const bool has_notes = is_end && last_row - row + lines_of(table_.notes) <= kMostRows;
        all.push_back(environment({first, last, row, last_row}, all.empty(), has_notes));
        if (is_end && !has_notes) add_notes(all);
      }
      first = last;
    } while (first < widths_.size());
    return all;
  }

 private:
  // Long names must leave room for at least one column of figures.
  void shrink_keys() {
    std::size_t widest = 0;
    for (std::size_t c = table_.key_columns; c < widths_.size(); ++c)
      widest = std::max(widest, widths_[c] + kGap);
    const std::size_t room = letters_.per_line > widest ? letters_.per_line - widest : 0;
    while (table_.key_columns > 0 && key_width() > room) {
      auto& longest =
          *std::max_element(widths_.begin(), widths_.begin() + std::ptrdiff_t(table_.key_columns));
      if (longest <= kLeastKey) break;
      --longest;
    }
  }

  std::size_t key_width() const {
    std::size_t width = 0;
    for (std::size_t c = 0; c < table_.key_columns; ++c) width += widths_[c] + (c == 0 ? 0 : kGap);
    return width;
  }

  std::size_t lines_of(const std::string& note) const { return shown_width(note) / letters_.per_line + 1; }
  std::size_t lines_of(const std::vector<std::string>& notes) const {
    std::size_t lines = 0;
    for (const std::string& note : notes) lines += lines_of(note);
    return lines;
  }

  // By themselves, where they find no room below the table.
  void add_notes(std::vector<std::string>& all) const {
    for (std::size_t first = 0; first < table_.notes.size();) {
      std::string text = fmt::format("\\begin{{table}}\n  \\caption{{{} (notes)}}\n{}",
                                     latex_escaped(table_.title), letters_.command);
      std::size_t lines = 0;
      do {
        lines += lines_of(table_.notes[first]);
        text += "\n  " + latex_escaped(table_.notes[first]) + "\n";
        ++first;
      } while (first < table_.notes.size() && lines + lines_of(table_.notes[first]) <= kMostRows);
      all.push_back(text + "\\end{table}\n");
    }
  }

  // At least one column.
  std::size_t end_of_part(std::size_t first) const {
    std::size_t used = key_width();
    std::size_t last = first;
    for (; last < widths_.size(); ++last) {
      used += kGap + widths_[last];
      if (used > letters_.per_line && last > first) break;
    }
    return last;
  }

  template <typename Text>
  std::vector<Cell> cells(const Part& part, Text text_of) const {
    std::vector<Cell> all;
    for (std::size_t c = 0; c < table_.columns.size(); ++c) {
      const bool is_key = c < table_.key_columns;
      if (!is_key && (c < part.first || c >= part.last)) continue;
      all.push_back(text_of(c));
      if (is_key) all.back().text = cut(all.back().text, widths_[c]);
    }
    return all;
  }

  std::string environment(const Part& part, bool is_first, bool has_notes) const {
    std::string columns;
    cells(part, [&](std::size_t c) {
      columns += table_.columns[c].align == Align::left ? 'l' : 'r';
      return Cell{};
    });
    std::string text = fmt::format(
        "\\begin{{table}}\n  \\centering\n  \\caption{{{}{}}}\n{}  \\begin{{tabular}}{{{}}}\n  \\toprule\n",
        latex_escaped(table_.title), is_first ? "" : " (continued)", letters_.command, columns);
    text += row_text(cells(part, [&](std::size_t c) { return Cell{table_.columns[c].head, Mark::none}; }));
    text += "  \\midrule\n";
    for (std::size_t row = part.first_row; row < part.last_row; ++row)
      text += row_text(cells(part, [&](std::size_t c) { return table_.rows[row][c]; }));
    text += "  \\bottomrule\n  \\end{tabular}\n";
    if (has_notes) {
      for (const std::string& note : table_.notes) text += "\n  " + latex_escaped(note) + "\n";
    }
    return text + "\\end{table}\n";
  }

  const Table& table_;
  Letters letters_;
  std::vector<std::size_t> widths_;
};

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
  std::size_t count = 0;
  for (const Table& table : tables) {
    if (table.rows.empty()) continue;
    for (const std::string& environment : Layout(table).environments()) {
      if (count > 0 && count % kTablesAtOnce == 0) text += "\n\\clearpage\n";
      text += "\n" + environment;
      ++count;
    }
  }
  return text;
}

}  // namespace bantam::table
