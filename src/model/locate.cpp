#include "model/locate.hpp"

#include <fmt/format.h>
#include <system_error>

#include "hub/cache.hpp"
#include "hub/embedded.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

constexpr const char* kNoHub = "models of the hub are not supported yet in this version";
constexpr const char* kInsteadOfHub = "download the .gguf file and give its path, or use embedded:nano";

base::Result<fs::path> embedded_path(const Reference& reference) {
  const std::string name = fmt::format("{0}/{0}-f16.gguf", reference.target);
  std::string known;
  for (const hub::EmbeddedFile& file : hub::embedded_files()) {
    if (file.name == name) {
      TRY_ASSIGN(const fs::path folder, hub::materialize_embedded());
      return folder / name;
    }
    if (file.name.ends_with("-f16.gguf"))
      known += " embedded:" + std::string(file.name.substr(0, file.name.find('/')));
  }
  if (known.empty()) {
    return base::fail(base::ErrorKind::environment, "this build has no embedded models",
                      "give the path of a .gguf file");
  }
  return base::fail(base::ErrorKind::usage, fmt::format("there is no embedded model '{}'", reference.target),
                    "there is:" + known);
}

base::Result<fs::path> path_of(const Reference& reference) {
  switch (reference.kind) {
    case ReferenceKind::embedded:
      return embedded_path(reference);
    case ReferenceKind::file:
      return reference.path;
    case ReferenceKind::hub:
      return base::fail(base::ErrorKind::environment, fmt::format("{}: {}", reference.text, kNoHub),
                        kInsteadOfHub);
    case ReferenceKind::synthetic:
      break;
  }
  return base::fail(base::ErrorKind::usage, "unknown kind of model reference");
}

// A missing file whose name looks like a repository's is most likely meant as one.
base::Error with_advice(base::Error error, const Reference& reference) {
  std::error_code ignored;
  if (reference.kind == ReferenceKind::file && !fs::exists(fs::symlink_status(reference.path, ignored)) &&
      parse_reference("hf:" + reference.text)) {
    error.hint = fmt::format("{}; {}", kNoHub, kInsteadOfHub);
  }
  return error;
}

// What is known of a shape's files before one is written. Its weights can be made at any precision.
ModelInfo outline_of(const Shape& shape) {
  ModelInfo info;
  info.architecture = shape.architecture;
  info.name = shape.title;
  info.parameters = shape.published_parameters - shape.not_stored_parameters;
  info.float_weights = true;
  info.context_train = shape.context;
  info.vocabulary = shape.vocabulary;
  info.embedding = shape.embedding;
  info.layers = shape.layers;
  info.heads = shape.heads;
  info.kv_heads = shape.kv_heads;
  info.tokenizer = shape.tokenizer;
  info.adds_bos = shape.adds_bos;
  return info;
}

base::Result<Source> locate_shape(const Reference& reference) {
  TRY_ASSIGN(Shape shape, find_shape(reference.target));
  Source source{reference, {}, outline_of(shape), shape.definition_sha256, std::nullopt};
  source.shape = std::move(shape);
  return source;
}

base::Result<Source> locate_base(const Reference& reference) {
  if (reference.kind == ReferenceKind::synthetic) return locate_shape(reference);
  TRY_ASSIGN(fs::path path, path_of(reference));
  auto info = inspect(path);
  if (!info) return tl::unexpected(with_advice(std::move(info).error(), reference));
  TRY_ASSIGN(std::string sha256, hub::cached_sha256(path));
  return Source{reference, std::move(path), *std::move(info), std::move(sha256), std::nullopt};
}

}  // namespace

base::Result<Source> locate(const Reference& reference) {
  TRY_ASSIGN(Source source, locate_base(reference));
  if (!reference.adapter) return source;
  TRY_ASSIGN(source.adapter, find_adapter(reference.adapter->path, reference.adapter->scale));
  if (!source.path.empty()) {
    TRY(check_adapter_fits(source.adapter->info, source.adapter->path.string(), source.path,
                           source.path.filename().string()));
  }
  return source;
}

}  // namespace bantam::model
