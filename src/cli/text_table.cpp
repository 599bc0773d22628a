#include "cli/text_table.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::cli {

report::Table text_table(std::string title, std::vector<std::string> heads, std::size_t key_columns) {
  report::Table table;
  table.title = std::move(title);
  table.heads = std::move(heads);
  table.key_columns = key_columns;
  return table;
}

void add_row(report::Table& table, const std::vector<std::string>& texts) {
  std::vector<report::Cell> cells;
  for (const std::string& text : texts) cells.push_back({base::printable(text), report::Mark::none});
  table.rows.push_back(std::move(cells));
}

std::string with_title(const report::Table& table, report::Format format,
                       const report::TerminalStyle& style) {
  if (format == report::Format::md) {
    return fmt::format("## {}\n\n{}", table.title, report::render_markdown(table));
  }
  return fmt::format("{}\n{}", table.title, report::render_terminal(table, style));
}

}  // namespace bantam::cli
