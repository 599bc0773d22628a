// What terminal.cpp and markdown.cpp share: names of formats, and which of the two is asked for.

#include "table/render.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::table {

base::Result<Format> parse_format(std::string_view text) {
  const std::string lower = base::ascii_lower(text);
  if (lower == "table") return Format::table;
  if (lower == "json") return Format::json;
  if (lower == "csv") return Format::csv;
  if (lower == "md") return Format::md;
  return base::fail(base::ErrorKind::usage, fmt::format("unknown output format '{}'", base::printable(text)),
                    "known: table, json, csv, md");
}

std::string page_text(const Page& page, Format format, const TerminalStyle& style) {
  return format == Format::md ? markdown_text(page) : terminal_text(page, style);
}

}  // namespace bantam::table
