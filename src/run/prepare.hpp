#pragma once
// The cells of a plan, ready to run: their files planned, their keys computed. Runs nothing of the engine on
// files.

#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/artifact.hpp"
#include "plan/plan.hpp"
#include "run/inputs.hpp"
#include "run/kernels.hpp"
#include "run/machine.hpp"

namespace bantam::run {

struct PreparedCell {
  plan::Cell cell;
  std::string key;  // hash of all that determines the result
  base::Json settings;
  std::size_t source = 0;  // index into Inputs::sources
  model::Artifact artifact;
  // Of a cell that compares: the base precision's file, unless it is that. Similarity of a model with an
  // adapter at the base precision is that to the model without it.
  std::optional<model::Artifact> baseline;
  bool untuned_baseline = false;               // the baseline is without the source's adapter
  std::optional<std::size_t> decided_against;  // index of the base's cell, of a staged cell that is not it
  std::optional<std::string> skip_reason;      // cannot be measured here: one skipped record
};

base::Result<std::vector<PreparedCell>> prepare(const plan::Plan& plan, const Inputs& inputs,
                                                const Machine& machine, const KernelVerdicts& kernels);

}  // namespace bantam::run
