#pragma once
// How much memory a prediction may fill.

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "predict/predict.hpp"

namespace bantam::predict {

struct Budget {
  std::int64_t bytes = 0;
  std::string source;  // as of Predictions
};

// --memory; of another machine all of its memory, of this one what is free. usage where the file of the other
// machine does not tell its memory, environment where this one does not.
base::Result<Budget> read_budget(const PredictRequest& request);

}  // namespace bantam::predict
