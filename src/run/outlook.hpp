#pragma once
// What is known before a run of its cells: which are done, and how fast things like them went. Measures
// nothing.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::run {

// Rates that were measured earlier; each may be absent.
struct KnownRates {
  std::optional<double> request_s;  // a request of the plan, alone
  std::optional<double> batch_s;    // as many requests at once as the plan says
  std::optional<double> item_s;     // an item of this task
};

struct CellOutlook {
  bool is_done = false;         // its record is in the store and stands
  std::int64_t items_done = 0;  // of a cell that was interrupted
  KnownRates rates;
};

// One for each cell. `store`: null where there is none yet. Errors are the store's.
base::Result<std::vector<CellOutlook>> look_ahead(const plan::Plan& plan,
                                                  const std::vector<PreparedCell>& cells,
                                                  store::Store* store);

// Whether a run leaves this record as it is.
bool is_final(const record::Record& record, bool retry);

}  // namespace bantam::run
