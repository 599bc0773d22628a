#pragma once
// From a record, which may be a stranger's, back to the plan of its cell. Its settings pass the same checks
// as those of a user.

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"
#include "record/record.hpp"

namespace bantam::reask {

struct PlanRequest {
  std::string reference;                             // of the model
  std::vector<std::filesystem::path> include_paths;  // further task files
  bool offline = false;
};

// A plan that has the record's accuracy cell among its cells: one model, one task. usage for settings that no
// run takes; bad_input for a record without any.
//
// An imported cell is of all rows, whatever its limit was, since other tools take others; and at the
// precision of the file that is named, so that the plan's precision means nothing.
base::Result<plan::Plan> plan_of(const record::Record& record, const PlanRequest& request);

}  // namespace bantam::reask
