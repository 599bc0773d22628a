#include "model/make_artifact.hpp"

#include "cache/kept_file.hpp"
#include "model/llama/merge.hpp"
#include "model/llama/quantize.hpp"
#include "shape/llama/shape_file.hpp"

namespace bantam::model {
namespace fs = std::filesystem;

base::Result<fs::path> make_weights(const Source& source, std::string_view quantizer, int threads) {
  if (!source.merge) return source.path;
  const plan::Precision own{source.info.file_type, source.info.file_type, 0.0};
  TRY_ASSIGN(Artifact merged, plan_artifact(source, own, quantizer));
  TRY_ASSIGN(merged, make_artifact(source, std::move(merged), threads));
  return merged.path;
}

base::Result<Artifact> plan_making(const Source& source, const plan::Precision& precision,
                                   const plan::CalibrationSettings& settings) {
  const std::string quantizer = quantizer_version();
  std::optional<Calibration> calibration;
  if (!source.shape) {
    TRY_ASSIGN(calibration, calibration_for(source.info, precision, settings, quantizer));
  }
  return plan_artifact(source, precision, quantizer, calibration);
}

base::Result<Artifact> make_artifact(const Source& source, Artifact artifact, int threads,
                                     const std::optional<ImportanceMatrix>& importance) {
  if (artifact.ready) return artifact;
  const fs::path folder = artifact.path.parent_path();
  const plan::Precision precision{artifact.file_type, artifact.file_type, 0.0};
  TRY_ASSIGN(const auto lock, cache::lock_unless_there(folder / "lock", [&]() -> base::Result<bool> {
               TRY_ASSIGN(artifact,
                          plan_artifact(source, precision, artifact.quantizer, artifact.calibration));
               return artifact.ready;
             }));
  if (!lock) return artifact;
  cache::remove_parts(folder);
  if (source.shape) {
    TRY(shape::write_synthetic(*source.shape, artifact.file_type, artifact.path));
  } else if (artifact.merged) {
    TRY(merge_adapter(source.path, source.adapter->path, source.adapter->scale, artifact.path,
                      artifact.file_type == source.info.file_type ? MergedType::own : MergedType::f32));
  } else {
    TRY_ASSIGN(const fs::path weights, make_weights(source, artifact.quantizer, threads));
    TRY(quantize_file(weights, artifact.path, artifact.file_type, threads,
                      importance ? std::optional(importance->path) : std::nullopt));
    if (importance) artifact.importance = importance->facts;
  }
  return record_artifact(std::move(artifact));
}

}  // namespace bantam::model
