// The file of one precision made, and before it the importance matrix that it takes.
#include <fmt/format.h>

#include "cache/kept_file.hpp"
#include "engine/llama/calibrate.hpp"
#include "model/calibration.hpp"
#include "model/make_artifact.hpp"
#include "plan/precision.hpp"
#include "worker/bodies.hpp"

namespace bantam::worker {
namespace {

using base::Result;
using base::Status;

Status tell(const Desk& desk, const std::string& phase, std::int64_t done = 0,
            std::optional<std::int64_t> total = {}) {
  return desk.channel.send(job::PhaseBegun{phase, done, total, total ? "samples" : "", false});
}

// Gathers the matrix unless it is ready. One process at a time does; the others wait and then find it.
Result<model::ImportanceMatrix> importance_matrix(const model::Source& source,
                                                  const model::Artifact& artifact, int threads,
                                                  const Desk& desk) {
  const model::Calibration& calibration = *artifact.calibration;
  TRY_ASSIGN(model::ImportanceMatrix matrix, model::plan_importance(source, calibration));
  if (matrix.ready) return matrix;
  const auto folder = matrix.path.parent_path();
  TRY_ASSIGN(const auto lock, cache::lock_unless_there(folder / "lock", [&]() -> Result<bool> {
               TRY_ASSIGN(matrix, model::plan_importance(source, calibration));
               return matrix.ready;
             }));
  if (!lock) return matrix;
  cache::remove_parts(folder);
  TRY(tell(desk, "calibrating"));
  TRY_ASSIGN(const auto weights, model::make_weights(source, artifact.quantizer, threads));
  TRY_ASSIGN(const model::CalibrationText text, model::read_calibration(calibration));
  plan::EngineSettings settings;
  settings.threads = threads;
  settings.repack = false;  // no gain for float weights
  TRY_ASSIGN(const engine::ImportanceGathered gathered, engine::collect_importance(
                                                            weights, settings, text, matrix.path,
                                                            [&desk](std::int64_t done, std::int64_t total) {
                                                              return tell(desk, "calibrating", done, total);
                                                            },
                                                            desk.heartbeat));
  return model::record_importance(std::move(matrix), calibration, gathered.samples, gathered.tokens);
}

}  // namespace

Result<job::MadeFile> work_on(const job::QuantizeJob& job, const Desk& desk) {
  TRY_ASSIGN(const model::Reference reference, model::parse_reference(job.reference));
  model::LocateOptions here;
  here.offline = true;  // the parent has fetched it
  TRY_ASSIGN(model::Source source, model::locate(reference, here));
  source.merge = job.merge;
  TRY_ASSIGN(const plan::Precision precision, plan::parse_precision(job.precision));
  TRY_ASSIGN(model::Artifact artifact, model::plan_making(source, precision, job.calibration));
  std::optional<model::ImportanceMatrix> importance;
  if (artifact.calibration && !artifact.ready) {
    TRY_ASSIGN(importance, importance_matrix(source, artifact, job.threads, desk));
    TRY(tell(desk, fmt::format("making {}", artifact.file_type)));
  }
  TRY_ASSIGN(artifact, model::make_artifact(source, std::move(artifact), job.threads, importance));
  return job::MadeFile{artifact.sha256, artifact.identity, artifact.importance};
}

}  // namespace bantam::worker
