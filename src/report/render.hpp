#pragma once
// An analysis as one text: for a terminal, a Markdown page, a spreadsheet or a program. Prints nothing.

#include <cstddef>
#include <string>
#include <string_view>

#include "analyze/analysis.hpp"
#include "base/result.hpp"
#include "report/tables.hpp"

namespace bantam::report {

enum class Format { table, json, csv, md };
// usage, naming the known ones, otherwise.
base::Result<Format> parse_format(std::string_view text);

struct TerminalStyle {
  std::size_t columns = 100;  // tables that are wider are split; at least 60 are used
  bool colour = false;        // ANSI colours and bold; marks are there without them too
};

std::string render(const analyze::Analysis& analysis, Format format, const TerminalStyle& style = {});

// The four behind it.
std::string render_terminal(const analyze::Analysis& analysis, const TerminalStyle& style);
std::string render_markdown(const analyze::Analysis& analysis);
// One row per configuration, plain numbers in base units: results_table.csv.
std::string render_results_csv(const analyze::Analysis& analysis);
std::string render_json(const analyze::Analysis& analysis);

// One row per comparison with a base precision: quantization_impact.csv.
std::string render_impact_csv(const analyze::Analysis& analysis);

// One table on its own, without its title.
std::string render_terminal(const Table& table, const TerminalStyle& style);
std::string render_markdown(const Table& table);

}  // namespace bantam::report
