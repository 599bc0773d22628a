#pragma once
// One configuration's figures, rounds and samples for charts and the page (web/data/dataset.ts).

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "report/files.hpp"

namespace bantam::chart {

// The metrics that any configuration has a value of, in the order of the catalogue; scores of tasks are not
// among them.
std::vector<const metric::Metric*> known_metrics(const analyze::Analysis& analysis);

// Without its standing in the answer. Errors of `trials` are passed on.
base::Result<base::Json> configuration_json(const analyze::Analysis& analysis, std::size_t index,
                                            const std::vector<const metric::Metric*>& metrics,
                                            const report::TrialSource& trials);

}  // namespace bantam::chart
