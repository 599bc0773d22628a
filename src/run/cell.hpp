#pragma once
// What the running of one cell has at hand. Only references: the run owns them all.

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

}  // namespace bantam::run
