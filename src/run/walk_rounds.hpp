#pragma once
// All performance cells of a plan, walked in rounds (run/rounds.hpp): their files are made first, and what a
// run that was interrupted has left is joined.

#include <cstddef>
#include <vector>

#include "base/result.hpp"
#include "run/turns.hpp"

namespace bantam::run {

// `members`: the cells' places in the plan. Those that have a record, cannot be measured, or whose files
// cannot be made come to their record alone. Errors are those of Turns.
base::Status walk_in_rounds(Turns& turns, const std::vector<std::size_t>& members);

}  // namespace bantam::run
