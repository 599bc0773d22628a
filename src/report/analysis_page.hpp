#pragma once
// An analysis as one text: for a terminal, a Markdown page, a spreadsheet or a program. Prints nothing.

#include <set>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "table/render.hpp"

namespace bantam::report {

// "No results." where there are none. `audit_lines` (audit/kept.hpp) say how far the machine was audited,
// `answer_lines` (recommend_page.hpp) what to deploy: the page begins with them.
std::string analysis_page(const analyze::Analysis& analysis, table::Format format,
                          const table::TerminalStyle& style = {},
                          const std::vector<std::string>& audit_lines = {},
                          const std::vector<std::string>& answer_lines = {});

// The tables that decide, for the end of a run: what analysis_page() tells at length. For a terminal; empty
// where there are no results.
std::string short_page(const analyze::Analysis& analysis, const table::TerminalStyle& style = {},
                       const std::vector<std::string>& audit_lines = {},
                       const std::vector<std::string>& answer_lines = {});

// The machines that speeds of these results were measured on, by their identities (device::identity()).
std::set<std::string> measuring_devices(const analyze::Analysis& analysis);

// The answer, what else is to be said in short (`rank_sentences` at its end), and what is not ok, as plain
// text: executive_summary.txt.
std::string executive_summary(const analyze::Analysis& analysis, const std::vector<std::string>& answer_lines,
                              const std::vector<std::string>& rank_sentences = {});

// One row per configuration, plain numbers in base units: results_table.csv.
std::string results_csv(const analyze::Analysis& analysis);
// One row per comparison with a base precision: quantization_impact.csv.
std::string impact_csv(const analyze::Analysis& analysis);
// One row per precision, machine and metric: mean, sample standard deviation, least and greatest value over
// the models.
std::string summary_csv(const analyze::Analysis& analysis);

}  // namespace bantam::report
