#pragma once
// What came of asking items again, for a page and for JSON. Prints nothing.

#include "ask_again/ask_again.hpp"
#include "base/json.hpp"
#include "table/table.hpp"

namespace bantam::report {

// What is wrong first, then each cell. `only_looked`: what would be asked, and how long it takes.
table::Page asked_again_page(const ask_again::Outcome& outcome, bool only_looked);

base::Json to_json(const ask_again::Outcome& outcome, bool only_looked);

}  // namespace bantam::report
