#pragma once
// What the running of one cell has at hand, and the files that it runs on: made before it runs, handed to its
// worker, watched while it runs.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"
#include "job/interrupts.hpp"
#include "model/artifact.hpp"
#include "run/observer.hpp"
#include "run/prepare.hpp"
#include "store/store.hpp"

namespace bantam::run {

// Only references: the run owns them all.
struct CellContext {
  const plan::Plan& plan;
  const Inputs& inputs;
  const PreparedCell& cell;
  const Machine& machine;
  const KernelVerdicts& kernels;
  store::Store& store;
  job::Interrupts& interrupts;
  Observer& observer;

  const model::Source& source() const { return inputs.sources[cell.source]; }
  // The model is behind a server, without files here.
  bool is_served() const { return source().reference.kind == model::ReferenceKind::served; }
  // A program of its own has the model.
  bool is_in_program() const { return source().reference.kind == model::ReferenceKind::program; }
  // llama.cpp in this program opens a file that is made, inspected and watched.
  bool has_own_file() const { return !is_served() && !is_in_program(); }
  // What answers are compared with in place of the base precision's; null: nothing else.
  const BaseModel* similarity_base() const;
  plan::EngineSettings engine() const { return plan::engine_of(plan, cell.cell); }
  plan::PerformanceSettings performance() const { return plan::performance_of(plan, cell.cell); }
};

struct CellFiles {
  model::Artifact model;
  std::optional<model::Artifact> baseline;  // PreparedCell::baseline
};

// Makes what is not in the cache yet, in a worker.
base::Status make_files(const CellContext& context, CellFiles& files);

// As the engine opens it, with the source's adapter where that is applied at load.
engine::ModelFile opened_file(const model::Source& source, const model::Artifact& artifact);
engine::ModelFile opened_file(const CellContext& context, const model::Artifact& artifact);

// The model that a cell's answers are compared with, and the settings of its engine. Absent: the cell is
// that, or compares nothing.
std::optional<engine::ModelFile> baseline_file(const CellContext& context, const CellFiles& files);
std::optional<plan::EngineSettings> baseline_engine(const CellContext& context);

// What changes when a file is replaced or written to. Absent when the file is gone.
using FileIdentity = std::optional<std::array<std::int64_t, 4>>;
FileIdentity identify(const std::filesystem::path& path);
// All files of the cell, the adapter among them.
std::vector<FileIdentity> identify_files(const CellContext& context, const CellFiles& files);

}  // namespace bantam::run
