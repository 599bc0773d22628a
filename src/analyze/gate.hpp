#pragma once
// A limit on what may change between two configurations, for a machine that decides whether a change may
// pass. A limit is judged by the interval of the change, not by its middle. Knows nothing of how it is shown.

#include <string>
#include <string_view>
#include <vector>

#include "analyze/impact.hpp"
#include "base/result.hpp"

namespace bantam::analyze {

// "decode_tokens_per_s < -3%": fails when the metric falls by more than 3 % of what it was. "nano_qa < -2":
// fails when the task's score falls by more than 2 points of 100.
struct Gate {
  std::string text;     // as it was given
  std::string subject;  // a metric's name, or a task's
  bool below = true;    // < or >
  double limit = 0.0;   // as a share: -0.03, or of a score -0.02
  bool is_relative = false;
};
// usage, with the form, for any other text.
base::Result<Gate> parse_gate(std::string_view text);

enum class GateVerdict { go, no_go, inconclusive };
std::string_view name(GateVerdict verdict);

struct GateResult {
  Gate gate;
  GateVerdict verdict = GateVerdict::inconclusive;
  std::string reason;  // "-1.2 % [-2.0 %, -0.4 %]", or why nothing can be told
};
// Never an error: what was not compared is inconclusive, with the reason. Memory, a single reading, within 2
// % is inconclusive, too; facts of the model file are exact.
GateResult judge(const Gate& gate, const Impact& impact);

// no_go when any is, else inconclusive when any is; go without gates.
GateVerdict overall(const std::vector<GateResult>& results);

}  // namespace bantam::analyze
