#pragma once
// What charts and the page are made of: an analysis with its answer, as one JSON object. Its form is
// web/data/dataset.ts. Knows nothing of how it is drawn.

#include <string>

#include "analyze/analysis.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "report/files.hpp"

namespace bantam::chart {

struct Source {
  const analyze::Analysis& analysis;
  analyze::ScoreSource items;  // the analysis has seen the same; may be empty
  report::TrialSource trials;  // for the spread of single requests; may be empty: result files have none
  std::string title;           // empty: the device and the number of configurations
};

// Values in base units; what is absent is missing, with its reason where any configuration has the value.
// Errors of `items` and `trials` are passed on.
base::Result<base::Json> make_dataset(const Source& source);

}  // namespace bantam::chart
