#pragma once
// What `bantam run` leaves for trackers of experiments, where it is asked to.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "plan/plan.hpp"
#include "plan/tracking.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::cli {

// usage for names that the tracker does not take; nothing where nothing is asked for.
base::Status check_tracking(const plan::Tracking& tracking);

// The cells' newest records as offline runs of W&B below the output folder; those of an earlier call are
// replaced. Returns what to tell the user, line by line.
base::Result<std::vector<std::string>> leave_for_trackers(const plan::Plan& plan,
                                                          const plan::Tracking& tracking,
                                                          const std::vector<run::PreparedCell>& cells,
                                                          store::Store& store);

}  // namespace bantam::cli
