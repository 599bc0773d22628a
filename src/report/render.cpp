#include "report/render.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace bantam::report {

base::Result<Format> parse_format(std::string_view text) {
  const std::string lower = base::ascii_lower(text);
  if (lower == "table") return Format::table;
  if (lower == "json") return Format::json;
  if (lower == "csv") return Format::csv;
  if (lower == "md") return Format::md;
  return base::fail(base::ErrorKind::usage, fmt::format("unknown output format '{}'", base::printable(text)),
                    "known: table, json, csv, md");
}

std::string render(const analyze::Analysis& analysis, Format format, const TerminalStyle& style) {
  switch (format) {
    case Format::table:
      return render_terminal(analysis, style);
    case Format::json:
      return render_json(analysis);
    case Format::csv:
      return render_results_csv(analysis);
    case Format::md:
      return render_markdown(analysis);
  }
  return render_terminal(analysis, style);
}

}  // namespace bantam::report
