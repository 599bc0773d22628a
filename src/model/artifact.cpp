#include "model/artifact.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/kept_file.hpp"
#include "gguf/types.hpp"
#include "model/llama/merge.hpp"
#include "plan/complete.hpp"
#include "plan/plan.hpp"
#include "shape/shape.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

// Changes when the layout of the cache does.
constexpr std::string_view kLayout = "1";

// Whether files of this type can be made at all, and of this kind of model.
base::Status check_target(const plan::Precision& precision, std::string_view name, bool has_experts) {
  const auto target = gguf::file_type(std::string_view(precision.llama_type));
  if (!target || target->how_made == gguf::HowMade::unsupported) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {} files cannot be made here", name, precision.name),
                      "give a file that is of this type");
  }
  if (target->how_made == gguf::HowMade::needs_experts && !has_experts) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{} has no experts, and {} is for mixtures of experts only", name, precision.name),
        "choose another 4-bit precision");
  }
  return {};
}

// Merging writes the base's own type and F32; other types are quantized from a merged file.
bool merges_into(const Source& source, std::string_view llama_type) {
  return llama_type == source.info.file_type || llama_type == "F32";
}

std::string_view cache_kind(const Source& source, const Artifact& artifact) {
  if (source.shape) return "synthetic";
  return artifact.merged ? "merged" : "quantized";
}

// The part of the reference that decides the files: an adapter counts only when it is merged into them.
std::string_view files_reference(const Source& source) {
  const std::string_view text = source.reference.text;
  return source.adapter && !source.merge ? text.substr(0, text.rfind(plan::kAdapterMark)) : text;
}

// Where the file lies in the cache, by all that determines its content.
base::Result<fs::path> place_in_cache(const Artifact& artifact, std::string_view name,
                                      std::string_view kind) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const std::string key = base::sha256(fmt::format("{}:{}", kLayout, artifact.identity));
  return cache / kind / fmt::format("{}-{}", artifact.source_sha256.substr(0, 12), key.substr(0, 16)) /
         fmt::format("{}-{}.gguf", base::file_name_from(name).substr(0, 100), artifact.file_type);
}

// What files of this precision need beyond what check_can_make() looks at.
base::Status check_calibration(const plan::Precision& precision, std::string_view name, bool calibrated) {
  const auto type = gguf::file_type(std::string_view(precision.llama_type));
  if (!type || type->how_made != gguf::HowMade::needs_importance || calibrated) return {};
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("{}: {} cannot be made without an importance matrix", name, precision.name),
                    "add --calibration-dataset embedded, or a text file of your own");
}

// What is to be made, from weights or a shape, and how it is identified.
void describe_making(Artifact& artifact, const Source& source, std::string_view quantizer) {
  artifact.made = true;
  artifact.merged = source.merge && merges_into(source, artifact.file_type);
  artifact.quantizer =
      artifact.merged ? fmt::format("bantam merge {}", kMergeVersion) : std::string(quantizer);
  if (source.shape) {
    artifact.identity = shape::synthetic_identity(*source.shape, artifact.file_type, quantizer);
    return;
  }
  artifact.identity =
      fmt::format("{}:{}:{}", weights_identity(source), artifact.file_type, artifact.quantizer);
  if (artifact.calibration) artifact.identity.append(":").append(artifact.calibration->identity());
}

}  // namespace

std::string weights_identity(const Source& source) {
  if (!source.merge) return source.sha256;
  return fmt::format("{}+{}@{}/{}", source.sha256, source.adapter->sha256, source.adapter->scale,
                     kMergeVersion);
}

base::Status check_can_make(const gguf::ModelInfo& source, std::string_view source_name,
                            const plan::Precision& precision) {
  if (source.file_type == precision.llama_type) return {};
  const auto refuse = [&](std::string why, std::string hint) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is {}; {}", source_name, source.file_type, why), std::move(hint));
  };
  TRY(check_target(precision, source_name, source.experts.value_or(0) > 0));
  if (!source.float_weights) {
    return refuse(fmt::format("{} needs a source with F32, F16 or BF16 weights", precision.name),
                  "give the F16 file of this model, or a file that is of this type already");
  }
  if (source.is_encoder &&
      gguf::file_type(std::string_view(precision.llama_type))->how_made == gguf::HowMade::needs_importance) {
    return refuse(fmt::format("{} needs an importance matrix, which is gathered for language models only",
                              precision.name),
                  "choose another precision");
  }
  return {};
}

base::Status check_can_make(const Source& source, std::string_view source_name,
                            const plan::Precision& precision) {
  if (source.merge && (source.shape || !source.info.float_weights)) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is {}; an adapter can be merged into F32, F16 or BF16 weights only",
                                  source_name, source.shape ? "synthetic" : source.info.file_type),
                      "use --lora-mode apply, or give the F16 file of the base model");
  }
  if (source.shape) {
    TRY(check_target(precision, source_name, false));
    return shape::check_can_synthesize(*source.shape,
                                       *gguf::file_type(std::string_view(precision.llama_type)));
  }
  return check_can_make(source.info, source_name, precision);
}

base::Result<Artifact> plan_artifact(const Source& source, const plan::Precision& precision,
                                     std::string_view quantizer,
                                     const std::optional<Calibration>& calibration) {
  Artifact artifact;
  artifact.file_type = precision.llama_type;
  artifact.source_sha256 = source.sha256;
  if (!source.shape && !source.merge && source.info.file_type == precision.llama_type) {
    artifact.path = source.path;
    artifact.identity = source.sha256;
    artifact.ready = true;
    artifact.sha256 = source.sha256;
    return artifact;
  }
  const std::string name = plan::default_model_name(files_reference(source));
  TRY(check_can_make(source, name, precision));
  if (!source.shape) {
    TRY(check_calibration(precision, name, calibration.has_value()));
    artifact.calibration = calibration;
  }
  describe_making(artifact, source, quantizer);
  TRY_ASSIGN(artifact.path, place_in_cache(artifact, name, cache_kind(source, artifact)));
  TRY_ASSIGN(const auto note, cache::find_made_file(artifact.path, artifact.identity));
  if (note) {
    artifact.ready = true;
    artifact.sha256 = base::string_at(*note, "sha256").value_or("");
    if (note->contains("importance")) artifact.importance = note->at("importance");
  }
  return artifact;
}

base::Result<Artifact> record_artifact(Artifact artifact) {
  base::Json facts = base::Json::object();
  if (!artifact.importance.is_null()) facts["importance"] = artifact.importance;
  TRY_ASSIGN(artifact.sha256, cache::record_made_file(artifact.path, artifact.identity, facts));
  artifact.ready = true;
  return artifact;
}

base::Json to_json(const Artifact& artifact, const Source& source, const gguf::ModelInfo& info) {
  base::Json json = to_json(info);
  json["sha256"] = artifact.sha256;
  if (source.shape) {
    json["synthetic"] = {{"shape", source.shape->name}, {"definition_sha256", source.sha256}};
    json["quantizer"] = artifact.quantizer;
  } else if (artifact.made) {
    json["made_from"] = {{"sha256", source.sha256}, {"file_type", source.info.file_type}};
    json["quantizer"] = artifact.quantizer;
  }
  if (!artifact.importance.is_null()) json["importance_matrix"] = artifact.importance;
  if (source.adapter) json["adapter"] = to_json(*source.adapter, source.merge ? "merge" : "apply");
  return json;
}

}  // namespace bantam::model
