#pragma once
// The files of one cell: made before it runs, handed to its worker, watched while it runs.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "engine/model_file.hpp"
#include "model/artifact.hpp"
#include "run/cell.hpp"
#include "run/make.hpp"

namespace bantam::run {

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
