#pragma once
// Results in Prometheus's text format, for the textfile collector of node_exporter: a gauge for each metric
// of the catalogue that has a value, with its unit in the name (bantam_ttft_seconds), its ends of the
// interval, and how each cell came out. What has no value is not there.

#include <string>
#include <string_view>

#include "metric/catalogue.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker {

// What the text begins with, by which a file of ours is known.
inline constexpr std::string_view kPrometheusHead = "# Results of bantam";

// "bantam_ttft_seconds"; `ending` stands before the unit: "bantam_ttft_low_seconds". `key` without filter.
std::string gauge_name(std::string_view key, std::string_view ending = {});

// Backslashes, quotes and line breaks escaped, hidden marks made visible.
std::string label_value(std::string_view text);

std::string prometheus_text(const Runs& runs);

}  // namespace bantam::tracker
