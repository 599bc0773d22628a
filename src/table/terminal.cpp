// terminal_text(): tables laid out in columns of a terminal.

#include <fmt/format.h>
#include <algorithm>

#include "base/text.hpp"
#include "table/render.hpp"

namespace bantam::table {
namespace {

constexpr std::size_t kLeastColumns = 60;
constexpr std::size_t kGap = 2;  // blanks between columns
constexpr std::size_t kFactColumns = 18;

constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";
constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "1;32";

std::string paint(const std::string& text, std::string_view code, const TerminalStyle& style) {
  return style.colour && !code.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string_view colour(Mark mark) {
  switch (mark) {
    case Mark::best:
      return kGreen;
    case Mark::worse:
    case Mark::problem:
      return kRed;
    case Mark::none:
    case Mark::shared:
      return {};
  }
  return {};
}

std::string_view colour(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return {};
    case Tone::quiet:
      return kDim;
    case Tone::alarm:
      return kRed;
  }
  return {};
}

std::string_view sign(Mark mark) {
  switch (mark) {
    case Mark::best:
      return " *";
    case Mark::shared:
      return " ~";
    case Mark::worse:
      return " !";
    case Mark::none:
    case Mark::problem:
      return "  ";
  }
  return "  ";
}

std::string blanks(std::size_t count) {
  return std::string(count, ' ');
}

// Words on lines of at most `columns`, later lines indented by two; no line break at the end.
std::string wrap(const std::string& text, std::size_t columns) {
  std::string out;
  std::size_t used = 0;
  for (const std::string& word : base::split(text, ' ')) {
    const std::size_t width = base::display_width(word);
    if (used > 2 && used + 1 + width > columns) {
      out += "\n  ";
      used = 2;
    } else if (used > 0) {
      out += ' ';
      ++used;
    }
    out += word;
    used += width;
  }
  return out;
}

// One table's columns with their widths.
class Layout {
 public:
  Layout(const Table& table, const TerminalStyle& style)
      : table_(table), style_(style), limit_(std::max(style.columns, kLeastColumns)) {
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      bool has_signs = false;
      std::size_t width = std::max(table.columns[c].least_width, base::display_width(table.columns[c].head));
      for (const auto& row : table.rows) {
        width = std::max(width, base::display_width(row[c].text));
        has_signs = has_signs || sign(row[c].mark) != "  ";
      }
      signs_.push_back(has_signs ? 2 : 0);
      widths_.push_back(width);
    }
    shrink_keys();
  }

  std::string text() const {
    std::string out;
    for (std::size_t first = table_.key_columns; first < widths_.size();) {
      const std::size_t last = end_of_part(first);
      out += part(first, last);
      if (last < widths_.size()) out += "\n";
      first = last;
    }
    return out;
  }

 private:
  // Long names must leave room for at least one column of figures.
  void shrink_keys() {
    std::size_t widest = 0;
    for (std::size_t c = table_.key_columns; c < widths_.size(); ++c) {
      widest = std::max(widest, widths_[c] + signs_[c] + kGap);
    }
    const std::size_t room = limit_ > widest ? limit_ - widest : 0;
    const std::size_t least = 8;
    while (key_width() > room) {
      auto& longest =
          *std::max_element(widths_.begin(), widths_.begin() + std::ptrdiff_t(table_.key_columns));
      if (longest <= least) break;
      --longest;
    }
  }

  std::size_t key_width() const {
    std::size_t width = 0;
    for (std::size_t c = 0; c < table_.key_columns; ++c) width += widths_[c] + (c == 0 ? 0 : kGap);
    return width;
  }

  // As many columns from `first` on as fit beside the keys; at least one.
  std::size_t end_of_part(std::size_t first) const {
    std::size_t used = key_width();
    std::size_t last = first;
    while (last < widths_.size()) {
      used += kGap + widths_[last] + signs_[last];
      if (used > limit_ && last > first) break;
      ++last;
    }
    return last;
  }

  std::string key(std::size_t c, const std::string& text) const {
    const std::string cut = base::ellipsize(text, widths_[c]);
    return blanks(c == 0 ? 0 : kGap) + cut + blanks(widths_[c] - base::display_width(cut));
  }

  std::string value(std::size_t c, const Cell& cell) const {
    const std::string pad = blanks(widths_[c] - base::display_width(cell.text));
    const std::string tail = signs_[c] == 0 ? "" : std::string(sign(cell.mark));
    const std::string painted = paint(cell.text + tail, colour(cell.mark), style_);
    return blanks(kGap) + (table_.columns[c].align == Align::left ? painted + pad : pad + painted);
  }

  std::string part(std::size_t first, std::size_t last) const {
    std::string head;
    for (std::size_t c = 0; c < table_.key_columns; ++c) head += key(c, table_.columns[c].head);
    for (std::size_t c = first; c < last; ++c) head += value(c, {table_.columns[c].head, Mark::none});
    std::string out = paint(trim_end(head), kDim, style_) + "\n";
    for (const auto& row : table_.rows) {
      std::string line;
      for (std::size_t c = 0; c < table_.key_columns; ++c) line += key(c, row[c].text);
      for (std::size_t c = first; c < last; ++c) line += value(c, row[c]);
      out += trim_end(line) + "\n";
    }
    return out;
  }

  static std::string trim_end(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

  const Table& table_;
  const TerminalStyle& style_;
  std::size_t limit_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> signs_;  // columns for the mark behind the value: 2 or 0
};

// A copy whose texts cannot act on the terminal.
Table visible(Table table) {
  for (Column& column : table.columns) column.head = base::printable(column.head);
  for (auto& row : table.rows) {
    for (Cell& cell : row) cell.text = base::printable(cell.text);
  }
  return table;
}

void add_title(std::string& out, const std::string& title, const TerminalStyle& style) {
  if (!title.empty()) out += paint(base::printable(title), kBold, style) + "\n";
}

void add_wrapped(std::string& out, const std::vector<std::string>& lines, Tone tone,
                 const TerminalStyle& style) {
  for (const std::string& line : lines) {
    out += paint(wrap(base::printable(line), std::max(style.columns, kLeastColumns)), colour(tone), style) +
           "\n";
  }
}

std::string block_text(const Table& table, const TerminalStyle& style) {
  std::string out;
  add_title(out, table.title, style);
  if (!table.rows.empty()) out += Layout(visible(table), style).text();
  add_wrapped(out, table.notes, Tone::quiet, style);
  return out;
}

std::string block_text(const Facts& facts, const TerminalStyle& style) {
  std::string out;
  add_title(out, facts.title, style);
  for (const auto& [name, text] : facts.rows)
    out += fmt::format("  {:<{}}  {}\n", base::printable(name), kFactColumns, base::printable(text));
  return out;
}

std::string block_text(const Lines& lines, const TerminalStyle& style) {
  std::string out;
  if (lines.lines.empty()) return out;
  add_title(out, lines.title, style);
  if (lines.wrapped) {
    add_wrapped(out, lines.lines, lines.tone, style);
  } else {
    for (const std::string& line : lines.lines)
      out += paint(base::printable(line), colour(lines.tone), style) + "\n";
  }
  return out;
}

}  // namespace

std::string terminal_text(const Page& page, const TerminalStyle& style) {
  std::string out;
  for (const Block& block : page) {
    const std::string text = std::visit([&style](const auto& one) { return block_text(one, style); }, block);
    if (!text.empty()) out += (out.empty() ? "" : "\n") + text;
  }
  return out;
}

}  // namespace bantam::table
