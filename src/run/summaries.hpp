#pragma once
// From what a cell left in the store to the metrics of its record.

#include "gguf/model_info.hpp"
#include "measure/memory.hpp"
#include "run/cell.hpp"

namespace bantam::run {

// `result` is the worker's "done" message. Sets metrics, absences, warnings and the outcome. Errors are the
// store's.
base::Status summarize_performance(const CellRun& run, const base::Json& result,
                                   const measure::PrivateMemory& memory, const gguf::ModelInfo& info,
                                   record::Record& record);
base::Status summarize_accuracy(const CellRun& run, record::Record& record);
// What the precision lost against the base, from the cell's items.
base::Status summarize_damage(const CellRun& run, const gguf::ModelInfo& info, record::Record& record);

}  // namespace bantam::run
