// render_terminal(): tables laid out in columns of a terminal.

#include <fmt/format.h>
#include <algorithm>

#include "base/text.hpp"
#include "report/footnotes.hpp"
#include "report/render.hpp"
#include "report/sentences.hpp"
#include "report/tables.hpp"

namespace bantam::report {
namespace {

constexpr std::size_t kLeastColumns = 60;
constexpr std::size_t kGap = 2;  // blanks between columns

constexpr std::string_view kBold = "1";
constexpr std::string_view kDim = "2";
constexpr std::string_view kRed = "31";
constexpr std::string_view kGreen = "1;32";

std::string paint(const std::string& text, std::string_view code, const TerminalStyle& style) {
  return style.colour && !code.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

std::string_view colour_of(Mark mark) {
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

std::string_view sign_of(Mark mark) {
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

// Words on lines of at most `columns`, later lines indented by two.
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
  return out + "\n";
}

// One table's columns with their widths.
class Layout {
 public:
  Layout(const Table& table, const TerminalStyle& style)
      : table_(table), style_(style), columns_(std::max(style.columns, kLeastColumns)) {
    for (std::size_t c = 0; c < table.heads.size(); ++c) {
      bool has_signs = false;
      std::size_t width = base::display_width(table.heads[c]);
      for (const auto& row : table.rows) {
        width = std::max(width, base::display_width(row[c].text));
        has_signs = has_signs || sign_of(row[c].mark) != "  ";
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
    const std::size_t room = columns_ > widest ? columns_ - widest : 0;
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
      if (used > columns_ && last > first) break;
      ++last;
    }
    return last;
  }

  std::string left(const std::string& text, std::size_t width, std::string_view code) const {
    const std::string cut = base::ellipsize(text, width);
    return paint(cut, code, style_) + blanks(width - base::display_width(cut));
  }

  std::string right(const std::string& text, std::size_t column, std::string_view sign,
                    std::string_view code) const {
    const std::string pad = blanks(kGap + widths_[column] - base::display_width(text));
    const std::string tail = signs_[column] == 0 ? "" : std::string(sign);
    return pad + paint(text + tail, code, style_);
  }

  std::string part(std::size_t first, std::size_t last) const {
    std::string head;
    for (std::size_t c = 0; c < table_.key_columns; ++c) {
      head += blanks(c == 0 ? 0 : kGap) + left(table_.heads[c], widths_[c], {});
    }
    for (std::size_t c = first; c < last; ++c) head += right(table_.heads[c], c, "  ", {});
    std::string out = paint(trim_end(head), kDim, style_) + "\n";
    for (const auto& row : table_.rows) {
      std::string line;
      for (std::size_t c = 0; c < table_.key_columns; ++c) {
        line += blanks(c == 0 ? 0 : kGap) + left(row[c].text, widths_[c], {});
      }
      for (std::size_t c = first; c < last; ++c) {
        line += right(row[c].text, c, sign_of(row[c].mark), colour_of(row[c].mark));
      }
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
  std::size_t columns_;
  std::vector<std::size_t> widths_;
  std::vector<std::size_t> signs_;  // columns for the mark behind the value: 2 or 0
};

void add_lines(std::string& out, const std::string& title, const std::vector<std::string>& lines,
               std::string_view code, const TerminalStyle& style) {
  if (lines.empty()) return;
  if (!title.empty()) out += fmt::format("\n{}\n", paint(title, kBold, style));
  for (const std::string& line : lines) {
    std::string wrapped = wrap(line, std::max(style.columns, kLeastColumns));
    wrapped.pop_back();
    out += paint(wrapped, code, style) + "\n";
  }
}

}  // namespace

std::string render_terminal(const Table& table, const TerminalStyle& style) {
  std::string out = table.rows.empty() ? std::string{} : Layout(table, style).text();
  add_lines(out, "", table.remarks, kDim, style);
  return out;
}

std::string render_terminal(const analyze::Analysis& analysis, const TerminalStyle& style) {
  if (analysis.configurations.empty()) return "No results.\n";
  std::string out;
  for (const Table& table : tables_of(analysis)) {
    if (!out.empty()) out += "\n";
    out += paint(table.title, kBold, style) + "\n";
    out += render_terminal(table, style);
  }
  add_lines(out, "Not ok", problems_of(analysis), kRed, style);
  add_lines(out, "Notes", notes_of(analysis), {}, style);
  add_lines(out, "How sure", footer_of(analysis), kDim, style);
  add_lines(out, "In short", sentences_of(analysis), {}, style);
  return out;
}

}  // namespace bantam::report
