#pragma once
// From a plan to cells that are ready to run: models found and inspected, tasks found, keys computed. Reads
// files and runs nothing of the engine on them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "model/artifact.hpp"
#include "plan/plan.hpp"
#include "run/kernels.hpp"
#include "run/looks.hpp"
#include "run/machine.hpp"

namespace bantam::run {

struct TaskInput {
  std::string fingerprint;  // of the task files and their data
  std::int64_t items = 0;   // after the limit
  // Data that is not here yet; only where nothing was to be fetched. The items of files that nobody has read
  // are not in `items`.
  int fetch_sources = 0;
  std::int64_t fetch_rows = 0;
  std::uint64_t fetch_bytes = 0;
  std::optional<Looks> looks;  // of a plan that stops decided cells; absent while data is not here
  bool needs_encoder = false;  // a metric of it compares answers by an embedding model
  std::optional<std::string> not_classified;  // why a model that only has a classification head cannot do it
};

// The files that a plan names, found and checked.
struct Inputs {
  std::vector<model::Source> sources;      // one a model of the plan
  std::map<std::string, TaskInput> tasks;  // by the plan's task names
  std::vector<std::string> text_sha256;    // of each source's fidelity text, where the plan asks for it
  std::optional<model::Source> embedder;   // absent when the plan names no embedding model or needs none
};

// The first thing that is wrong, before any work: bad_input for models and data, usage for names and for a
// context longer than a model has; the errors of model/locate.hpp, which fetches what lies on the hub.
base::Result<Inputs> find_inputs(const plan::Plan& plan, const model::LocateOptions& options);

struct PreparedCell {
  plan::Cell cell;
  std::string key;  // hash of all that determines the result
  base::Json settings;
  std::size_t source = 0;  // index into Inputs::sources
  model::Artifact artifact;
  std::optional<model::Artifact> base;  // of a cell that compares: the base's file, unless it is the base
  std::optional<std::size_t> decided_against;  // index of the base's cell, of a staged cell that is not it
  std::optional<std::string> skip_reason;      // cannot be measured here: one skipped record
};

// The name of an embedded model; empty for any other.
std::string embedded_name(const model::Source& source);

base::Result<std::vector<PreparedCell>> prepare(const plan::Plan& plan, const Inputs& inputs,
                                                const Machine& machine, const KernelVerdicts& kernels);

}  // namespace bantam::run
