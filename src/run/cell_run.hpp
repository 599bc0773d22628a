#pragma once
// One cell from start to record: the file made where it is missing, the worker run, what it sends stored, the
// raw trials or items summarized.

#include <optional>

#include "base/result.hpp"
#include "record/record.hpp"
#include "run/interrupts.hpp"
#include "run/observer.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::run {

struct CellRun {
  const plan::Plan& plan;
  const model::Source& source;
  const model::Source* embedder;  // null when the plan names none
  const PreparedCell& cell;
  const Machine& machine;
  const KernelVerdicts& kernels;
  store::Store& store;
  Interrupts& interrupts;
  Observer& observer;
};

// The stored record; absent when an interrupt came first, with what was done so far kept. Errors are the
// store's.
base::Result<std::optional<record::Record>> run_cell(const CellRun& run);

}  // namespace bantam::run
