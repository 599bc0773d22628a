#pragma once
// Takes in what the worker of one cell sends: trials and items into the store, facts into the record,
// progress to whoever watches.

#include <cstdint>

#include "base/json.hpp"
#include "record/record.hpp"
#include "run/cell.hpp"

namespace bantam::run {

class CellListener {
 public:
  // `reused_items` are in the store already; `items_before` of them belong to parts of the cell that the
  // worker does not count. `record` must outlive this.
  CellListener(const CellRun& run, std::int64_t attempt, std::int64_t reused_items, std::int64_t items_before,
               record::Record& record);

  // One message of the worker (job/job.hpp). The errors of the store, and of malformed messages.
  base::Status take(const base::Json& message);

 private:
  base::Status take_trial(const base::Json& message);
  base::Status take_items(const base::Json& message);
  void take_task(const base::Json& message);
  void take_phase(const base::Json& message);

  const CellRun& run_;
  std::int64_t attempt_;
  record::Record& record_;
  Progress progress_;
};

}  // namespace bantam::run
