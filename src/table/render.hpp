#pragma once
// Pages as text, for a terminal or as GitHub's Markdown. Control characters are made visible, and nothing in
// a text acts on the terminal or as Markdown. Prints nothing.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "table/table.hpp"

namespace bantam::table {

enum class Format { table, json, csv, md };
// usage, naming the known ones, for any other.
base::Result<Format> parse_format(std::string_view text);

struct TerminalStyle {
  std::size_t columns = 100;  // tables that are wider are split; at least 60 are used
  bool colour = false;        // ANSI colours and bold; marks are there without them too
};

// Blocks with a blank line between them. Marks stand behind the value: * best, ~ shared, ! worse.
std::string terminal_text(const Page& page, const TerminalStyle& style);

// Titles are headings of the second level, notes and lines are lists. The best is bold, a problem is in
// italics.
std::string markdown_text(const Page& page);

// Markdown where that is the format, else for a terminal: JSON and CSV are made of the data, not of a page.
std::string page_text(const Page& page, Format format, const TerminalStyle& style);

// Any text in Markdown, printable (base/text.hpp): nothing in it is markup.
std::string markdown_escaped(std::string_view text);

// The rows of a table whose texts are Markdown already, for a page that is written by hand.
std::string markdown_rows(const Table& table);

}  // namespace bantam::table
