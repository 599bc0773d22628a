#include "model/artifact.hpp"

#include <fmt/format.h>
#include <system_error>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "hub/cache.hpp"
#include "model/gguf_types.hpp"
#include "plan/complete.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

// Changes when the layout of the cache or of the sidecar does.
constexpr std::string_view kLayout = "1";

fs::path sidecar_of(const fs::path& path) {
  return path.string() + ".json";
}

// The hash of the file, if it is whole: of the size and hash that were recorded when it was made.
std::optional<std::string> recorded_sha256(const Artifact& artifact) {
  const auto text = base::read_file(sidecar_of(artifact.path), 1 << 16);
  if (!text) return std::nullopt;
  const auto note = base::parse_json(*text, "sidecar");
  if (!note || base::string_at(*note, "identity") != artifact.identity) return std::nullopt;
  std::error_code error;
  const auto bytes = fs::file_size(artifact.path, error);
  if (error || base::integer_at(*note, "bytes") != static_cast<std::int64_t>(bytes)) return std::nullopt;
  const auto sha256 = hub::cached_sha256(artifact.path);
  if (!sha256 || base::string_at(*note, "sha256") != *sha256) return std::nullopt;
  return *sha256;
}

}  // namespace

base::Status check_can_make(const ModelInfo& source, std::string_view source_name,
                            const plan::Precision& precision) {
  if (source.file_type == precision.llama_type) return {};
  const auto refuse = [&](std::string why, std::string hint) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} is {}; {}", source_name, source.file_type, why), std::move(hint));
  };
  const auto target = file_type(std::string_view(precision.llama_type));
  if (!target || target->making == Making::unsupported) {
    return refuse(fmt::format("{} files cannot be made here", precision.name),
                  "give a file that is of this type");
  }
  if (!source.float_weights) {
    return refuse(fmt::format("{} needs a source with F32, F16 or BF16 weights", precision.name),
                  "give the F16 file of this model, or a file that is of this type already");
  }
  if (target->making == Making::needs_importance) {
    return refuse(fmt::format("{} cannot be made without an importance matrix", precision.name),
                  "not supported yet in this version; give a file that is of this type already");
  }
  if (target->making == Making::needs_experts && source.experts.value_or(0) < 1) {
    return refuse(
        fmt::format("{} is for mixtures of experts only, and this model has no experts", precision.name),
        "choose another 4-bit precision");
  }
  return {};
}

base::Result<Artifact> plan_artifact(const Source& source, const plan::Precision& precision,
                                     std::string_view quantizer) {
  Artifact artifact;
  artifact.file_type = precision.llama_type;
  artifact.source_sha256 = source.sha256;
  if (source.info.file_type == precision.llama_type) {
    artifact.path = source.path;
    artifact.identity = source.sha256;
    artifact.ready = true;
    artifact.sha256 = source.sha256;
    return artifact;
  }
  const std::string name = plan::default_model_name(source.reference.text);
  TRY(check_can_make(source.info, name, precision));
  artifact.made = true;
  artifact.quantizer = quantizer;
  artifact.identity = fmt::format("{}:{}:{}", source.sha256, precision.llama_type, quantizer);
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const std::string key = base::sha256(fmt::format("{}:{}", kLayout, artifact.identity));
  artifact.path = cache / "quantized" / fmt::format("{}-{}", source.sha256.substr(0, 12), key.substr(0, 16)) /
                  fmt::format("{}-{}.gguf", base::file_name_from(name).substr(0, 100), precision.llama_type);
  if (auto sha256 = recorded_sha256(artifact)) {
    artifact.ready = true;
    artifact.sha256 = *std::move(sha256);
  }
  return artifact;
}

base::Result<Artifact> record_artifact(Artifact artifact) {
  std::error_code error;
  const auto bytes = fs::file_size(artifact.path, error);
  if (error) {
    return base::fail(
        base::ErrorKind::storage,
        fmt::format("{} is gone: {}", base::printable(artifact.path.string()), error.message()));
  }
  TRY_ASSIGN(artifact.sha256, hub::cached_sha256(artifact.path));
  base::Json note;
  note["identity"] = artifact.identity;
  note["bytes"] = static_cast<std::int64_t>(bytes);
  note["sha256"] = artifact.sha256;
  TRY(base::write_file_atomically(sidecar_of(artifact.path), base::to_text(note, 1) + "\n"));
  artifact.ready = true;
  return artifact;
}

base::Json to_json(const Artifact& artifact, const Source& source, const ModelInfo& info) {
  base::Json json = to_json(info);
  json["sha256"] = artifact.sha256;
  if (artifact.made) {
    json["made_from"] = {{"sha256", source.sha256}, {"file_type", source.info.file_type}};
    json["quantizer"] = artifact.quantizer;
  }
  return json;
}

}  // namespace bantam::model
