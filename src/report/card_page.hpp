#pragma once
// A model card as Markdown: tables, charts and how everything was measured. Prints nothing, and knows nothing
// of files.

#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"

namespace bantam::report {

// A picture that the card shows.
struct CardChart {
  std::string path;   // relative to the card; of letters, digits, '_', '.', '/' and '-' only
  std::string title;  // what it shows
};

// What one machine measured.
struct CardMachine {
  const analyze::Analysis& analysis;
  std::optional<recommend::Recommendation> recommendation;  // with every budget
  std::vector<std::string> audit_lines;                     // audit/kept.hpp
  std::vector<CardChart> charts;
};

// The card of one model without the metadata that a hub reads from its head. `left_out`: what is not in that
// metadata, and why. Names and messages are shown as text: nothing in them is markup.
std::string card_page(const std::string& model, const std::vector<CardMachine>& machines,
                      const std::vector<std::string>& left_out);

// Device, engine, settings, tasks, dates and evidence of what was measured, a line each.
std::vector<std::string> how_measured(const analyze::Analysis& analysis);

// "Raspberry Pi 5, 4 cores, 7.9 GiB of memory"; empty where the results do not tell.
std::string device_text(const analyze::Analysis& analysis);

}  // namespace bantam::report
