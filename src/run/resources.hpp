#pragma once
// The cells that tell what holds a model up on this machine: their job and their record.

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/record.hpp"
#include "run/cell_kinds.hpp"

namespace bantam::run {

// The metrics of resources, and task_info.resources: what was seen of each phase, what the machine can do,
// and the verdict on each phase with its reason. A phase that nobody can judge says why.
base::Status summarize_resources(const CellWork& work, const PartEnd& end, record::Record& record);

}  // namespace bantam::run
