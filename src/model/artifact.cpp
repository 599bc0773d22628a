#include "model/artifact.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "model/gguf_types.hpp"
#include "model/shapes_file.hpp"
#include "model/sidecar.hpp"
#include "plan/complete.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

// Changes when the layout of the cache does.
constexpr std::string_view kLayout = "1";

// Whether files of this type can be made at all, and of this kind of model.
base::Status check_target(const plan::Precision& precision, std::string_view name, bool has_experts) {
  const auto target = file_type(std::string_view(precision.llama_type));
  if (!target || target->making == Making::unsupported) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{}: {} files cannot be made here", name, precision.name),
                      "give a file that is of this type");
  }
  if (target->making == Making::needs_experts && !has_experts) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("{} has no experts, and {} is for mixtures of experts only", name, precision.name),
        "choose another 4-bit precision");
  }
  return {};
}

// Where the file lies in the cache, by all that determines its content.
base::Result<fs::path> place_of(const Artifact& artifact, std::string_view name, std::string_view kind) {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const std::string key = base::sha256(fmt::format("{}:{}", kLayout, artifact.identity));
  return cache / kind / fmt::format("{}-{}", artifact.source_sha256.substr(0, 12), key.substr(0, 16)) /
         fmt::format("{}-{}.gguf", base::file_name_from(name).substr(0, 100), artifact.file_type);
}

}  // namespace

base::Status check_can_make(const ModelInfo& source, std::string_view source_name,
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
  if (file_type(std::string_view(precision.llama_type))->making == Making::needs_importance) {
    return refuse(fmt::format("{} cannot be made without an importance matrix", precision.name),
                  "not supported yet in this version; give a file that is of this type already");
  }
  return {};
}

base::Status check_can_make(const Source& source, std::string_view source_name,
                            const plan::Precision& precision) {
  if (source.shape) return check_target(precision, source_name, false);
  return check_can_make(source.info, source_name, precision);
}

base::Result<Artifact> plan_artifact(const Source& source, const plan::Precision& precision,
                                     std::string_view quantizer) {
  Artifact artifact;
  artifact.file_type = precision.llama_type;
  artifact.source_sha256 = source.sha256;
  if (!source.shape && source.info.file_type == precision.llama_type) {
    artifact.path = source.path;
    artifact.identity = source.sha256;
    artifact.ready = true;
    artifact.sha256 = source.sha256;
    return artifact;
  }
  const std::string name = plan::default_model_name(source.reference.text);
  TRY(check_can_make(source, name, precision));
  artifact.made = true;
  artifact.quantizer = quantizer;
  artifact.identity = source.shape ? synthetic_identity(*source.shape, precision.llama_type, quantizer)
                                   : fmt::format("{}:{}:{}", source.sha256, precision.llama_type, quantizer);
  TRY_ASSIGN(artifact.path, place_of(artifact, name, source.shape ? "synthetic" : "quantized"));
  if (auto sha256 = recorded_sha256(artifact.path, artifact.identity)) {
    artifact.ready = true;
    artifact.sha256 = *std::move(sha256);
  }
  return artifact;
}

base::Result<Artifact> record_artifact(Artifact artifact) {
  TRY_ASSIGN(artifact.sha256, record_file(artifact.path, artifact.identity));
  artifact.ready = true;
  return artifact;
}

base::Json to_json(const Artifact& artifact, const Source& source, const ModelInfo& info) {
  base::Json json = to_json(info);
  json["sha256"] = artifact.sha256;
  if (source.shape) {
    json["synthetic"] = {{"shape", source.shape->name}, {"definition_sha256", source.sha256}};
    json["quantizer"] = artifact.quantizer;
  } else if (artifact.made) {
    json["made_from"] = {{"sha256", source.sha256}, {"file_type", source.info.file_type}};
    json["quantizer"] = artifact.quantizer;
  }
  return json;
}

}  // namespace bantam::model
