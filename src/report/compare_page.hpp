#pragma once
// Two configurations beside each other, what one is against the other, and whether it may pass.

#include <optional>
#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "analyze/gate.hpp"
#include "analyze/impact.hpp"
#include "base/json.hpp"
#include "table/render.hpp"

namespace bantam::report {

struct Comparison {
  std::string base_name;  // as the page calls it
  std::string name;
  analyze::Configuration baseline;
  analyze::Configuration configuration;
  analyze::Impact impact;                  // of `configuration` against `baseline`
  std::optional<double> alike;             // a share: differences that are surely smaller do not matter
  std::vector<analyze::GateResult> gates;  // none: nothing was asked
};

// "faster", "slower", "better", "worse", "equal", "alike within 2 %", "cannot tell".
std::string verdict_text(const metric::Metric& metric, const analyze::Change& change,
                         const std::optional<double>& alike);

// "GO: fails if decode_tokens_per_s < -3%: +1.0 % [+0.5 %, +1.5 %]", one per gate.
std::vector<std::string> gate_lines(const std::vector<analyze::GateResult>& gates);

// Format json: {"base", "configuration", "changes", "scores", "refused", "gates", "verdict"}; csv: one row
// per figure.
std::string compare_page(const Comparison& comparison, table::Format format,
                         const table::TerminalStyle& style);

}  // namespace bantam::report
