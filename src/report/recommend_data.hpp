#pragma once
// The answer as data. Prints nothing.

#include <string>

#include "analyze/analysis.hpp"
#include "base/json.hpp"
#include "recommend/recommend.hpp"

namespace bantam::report {

// `store`: that the command of the next measurement names; empty: the default one.
base::Json recommend_json(const recommend::Recommendation& recommendation, const analyze::Analysis& analysis,
                          const std::string& store);

// One row per configuration.
std::string recommend_csv(const recommend::Recommendation& recommendation, const analyze::Analysis& analysis);

}  // namespace bantam::report
