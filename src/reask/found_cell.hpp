#pragma once
// What it takes to ask a record's items again: its model's file, with the hash that the record names, and its
// tasks with their data.

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "job/interrupts.hpp"
#include "model/locate.hpp"
#include "reask/plan_of.hpp"
#include "record/record.hpp"
#include "run/inputs.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"
#include "run/observer.hpp"
#include "run/prepare.hpp"

namespace bantam::reask {

struct FoundCell {
  plan::Plan plan;
  run::Inputs inputs;
  run::PreparedCell cell;
  // Model, task files, data and settings are known to be those of the record: its key comes out.
  bool same_inputs = false;

  const model::Source& source() const { return inputs.sources.front(); }
  const run::TaskInput& task() const { return inputs.tasks.begin()->second; }
};

// Finds model and tasks as a run does. integrity when they are others than those of the record; and the
// errors of run/inputs.hpp.
base::Result<FoundCell> find_cell(const record::Record& record, const PlanRequest& request,
                                  const model::LocateOptions& options, const run::Machine& machine,
                                  const run::KernelVerdicts& kernels);

// What is still to be done before it can be asked: "fetch 1.2 GB", "make Q4_K_M".
std::vector<std::string> steps_before(const FoundCell& found);

// Makes the file where it is not in the cache. integrity when it is not the one that the record names.
base::Status make_file(const record::Record& record, FoundCell& found, const run::Machine& machine,
                       job::Interrupts& interrupts,
                       const std::function<void(const run::Progress&)>& on_progress);

}  // namespace bantam::reask
