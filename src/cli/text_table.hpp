#pragma once
// Tables of plain texts, for pages that are no analysis. Makes control characters visible; prints nothing.

#include <string>
#include <vector>

#include "report/render.hpp"

namespace bantam::cli {

// The first `key_columns` are left-aligned, the others right-aligned.
report::Table text_table(std::string title, std::vector<std::string> heads, std::size_t key_columns = 1);
void add_row(report::Table& table, const std::vector<std::string>& texts);

// With its title; as Markdown where the format is md, else for a terminal.
std::string with_title(const report::Table& table, report::Format format, const report::TerminalStyle& style);

}  // namespace bantam::cli
