#pragma once
// How steady the runs of each scenario were within their blocks. Pure.

#include <string>
#include <vector>

#include "measure/figures.hpp"
#include "record/steadiness.hpp"

namespace bantam::measure {

// `trials`: of the blocks that count, warm-ups among them. Per scenario, in the order of their names; loads
// are left out, of which a block has too few.
std::vector<record::Steadiness> steadiness(const Trials& trials);

// "single_stream: did not become warm in 2 of 10 rounds: ...", one per scenario that did not.
std::vector<std::string> warm_up_warnings(const std::vector<record::Steadiness>& scenarios);

}  // namespace bantam::measure
