#pragma once
// Tables as LaTeX, with the rules of the package booktabs. Nothing in a text acts as LaTeX. Prints nothing.

#include <string>
#include <string_view>
#include <vector>

#include "table/table.hpp"

namespace bantam::table {

// Any text: LaTeX's characters are escaped, those that pdflatex has no glyph for become "[U+4E2D]".
std::string latex_escaped(std::string_view text);

// One table environment for each table with rows: the title is its caption, the best of a column is bold,
// notes stand below. What is wider than a line of the class article, or longer than a page, becomes several,
// each with the keys; names that leave no room are cut. For \input; the first line, a comment, names the
// package.
std::string latex_text(const std::vector<Table>& tables);

}  // namespace bantam::table
