#pragma once
// What came of asking items again, for a page and for JSON. Prints nothing.

#include "base/json.hpp"
#include "reask/ask_cells.hpp"
#include "table/table.hpp"

namespace bantam::report {

// What is wrong first, then each cell. `only_looked`: what would be asked, and how long it takes.
table::Page asked_again_page(const reask::Outcome& outcome, bool only_looked);

base::Json to_json(const reask::Outcome& outcome, bool only_looked);

}  // namespace bantam::report
