#pragma once
// Predictions as records, which stand in for measurements where there are none: with the names of the metric
// catalogue, what is expected to be wrong at most as their intervals, and the settings and the machine that
// they speak of. They are kept in no store.

#include <functional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "plan/plan.hpp"
#include "predict/predict.hpp"
#include "record/record.hpp"

namespace bantam::predict {

// Expected of the memory need, as a share of it.
inline constexpr double kMemoryError = 0.05;

// One of the speed and memory of a row. Times t that are expected to be off by a share e lie between t (1 -
// e) and t (1 + e), rates r between r / (1 + e) and r / (1 - e). The total is the least memory that it runs
// in, and with the rest of the file the peak. Skipped, with the reason, where the row is, and of models that
// give no text. `plan`: which the row is of. `device`: facts of the machine, as records have them.
record::Record stand_in(const Prediction& row, const plan::Plan& plan, const base::Json& device);

// The plan without the precisions whose speed and memory bantam has measured, or failed to; models of which
// none is left are left out. With `all_known`, each model without precisions of its own has, beside the plan's,
// those that records of its name have.
plan::Plan without_measured(plan::Plan plan, const std::vector<record::Record>& records, bool all_known);

struct StandIns {
  std::vector<record::Record> records;
  std::vector<std::string> warnings;
};
// Of all models and precisions of the plan on this machine; none of a plan without models. `own_precision` as
// in PredictRequest. The errors of predict().
base::Result<StandIns> find_stand_ins(const plan::Plan& plan, bool own_precision,
                                      const std::function<void(const std::string&)>& on_phase);

}  // namespace bantam::predict
