#pragma once
// What the running of one cell has at hand. Only references: the run owns them all.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/interrupts.hpp"
#include "model/artifact.hpp"
#include "run/make.hpp"
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
  job::Interrupts& interrupts;
  Observer& observer;
};

// The files of one cell: made before it runs, handed to its worker, watched while it runs.

struct CellFiles {
  model::Artifact model;
  std::optional<model::Artifact> base;  // PreparedCell::base
};

// Makes what is not in the cache yet, in a worker.
Ended make_files(const CellRun& run, CellFiles& files);

// As the engine opens it, with the source's adapter where that is applied at load.
engine::ModelFile file_of(const CellRun& run, const model::Artifact& artifact);

// What changes when one of the cell's files is replaced or written to, the adapter among them.
using FileIdentity = std::array<std::int64_t, 4>;
// Zeros when the file is gone.
FileIdentity identity_of(const std::filesystem::path& path);
std::vector<FileIdentity> identities_of(const CellRun& run, const CellFiles& files);

}  // namespace bantam::run
