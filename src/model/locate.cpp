#include "model/locate.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"
#include "cache/embedded.hpp"
#include "gguf/split.hpp"
#include "hub/hub.hpp"
#include "model/convert.hpp"
#include "model/hub_model.hpp"
#include "plan/plan.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

base::Result<fs::path> embedded_path(const Reference& reference) {
  const std::string name = fmt::format("{0}/{0}-f16.gguf", reference.target);
  std::string known;
  for (const cache::EmbeddedFile& file : cache::embedded_files()) {
    if (file.name == name) {
      TRY_ASSIGN(const fs::path folder, cache::materialize_embedded());
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

// Whether a name that is no file was meant as one, so that it is not told to the hub: by its ending, or
// because its folder is here. hf: in front of it means the hub in any case.
bool looks_like_file(const fs::path& path) {
  constexpr std::array<std::string_view, 12> kEndings{".gguf", ".ggml", ".safetensors", ".bin",
                                                      ".pt",   ".pth",  ".onnx",        ".zip",
                                                      ".txt",  ".json", ".yaml",        ".yml"};
  const std::string ending = base::ascii_lower(path.extension().string());
  if (std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end()) return true;
  std::error_code ignored;
  return path.has_parent_path() && fs::exists(path.parent_path(), ignored);
}

// A name that is no file, but reads like one of a repository.
std::optional<Reference> as_repository(const Reference& reference) {
  std::error_code ignored;
  if (reference.kind != ReferenceKind::file) return std::nullopt;
  if (fs::exists(fs::symlink_status(reference.path, ignored))) return std::nullopt;
  if (looks_like_file(reference.path)) return std::nullopt;
  auto hub = parse_reference("hf:" + reference.path.string());
  if (!hub) return std::nullopt;
  hub->text = reference.text;
  return *std::move(hub);
}

// What is known of a shape's files before one is written. Its weights can be made at any precision.
gguf::ModelInfo shape_outline(const shape::Shape& shape) {
  gguf::ModelInfo info;
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
  TRY_ASSIGN(shape::Shape shape, shape::find_shape(reference.target));
  Source source{reference, {}, shape_outline(shape), shape.definition_sha256};
  source.shape = std::move(shape);
  return source;
}

std::string sha256_of_hashes(const std::vector<std::string>& hashes) {
  return hashes.size() == 1 ? hashes.front() : base::sha256(base::join(hashes, "\n"));
}

// The hash of the file; for a split model, the hash of the hashes of its parts.
base::Result<std::string> sha256_of_parts(const fs::path& path) {
  TRY_ASSIGN(const std::vector<fs::path> parts, gguf::find_parts(path));
  std::vector<std::string> hashes;
  for (const fs::path& part : parts) {
    TRY_ASSIGN(hashes.emplace_back(), cache::cached_sha256(part));
  }
  return sha256_of_hashes(hashes);
}

// The model as its file describes it.
base::Result<Source> source_at(const Reference& reference, fs::path path) {
  TRY_ASSIGN(gguf::ModelInfo info, gguf::inspect(path));
  TRY_ASSIGN(std::string sha256, sha256_of_parts(path));
  Source source{reference, std::move(path), std::move(info), std::move(sha256)};
  return source;
}

// A model that is not fetched, as its head describes it. Its hash is the one that the hub declares.
base::Result<Source> source_on_hub(hub::Client& client, const Reference& reference, const HubFiles& files) {
  TRY_ASSIGN(HubHead head, read_hub_head(client, files));
  std::vector<std::string> hashes;
  for (const hub::RemoteFile& file : files.files) hashes.push_back(file.hash.hex);
  Source source{reference, {}, std::move(head.info), sha256_of_hashes(hashes)};
  source.fetch_bytes = files.bytes();
  for (std::size_t i = 0; i < files.files.size(); ++i) {
    source.unfetched.push_back({std::move(head.heads[i]), files.files[i].bytes});
  }
  return source;
}

base::Result<Source> locate_on_hub(const Reference& reference, const LocateOptions& options) {
  TRY_ASSIGN(hub::Hub hub, hub::open_hub({options.offline, options.stopped}));
  TRY_ASSIGN(const HubFiles files, find_on_hub(hub, reference));
  TRY(check_is_gguf(files, reference));
  if (!options.fetch && hub.client) {
    bool is_here = true;
    for (const hub::RemoteFile& file : files.files) {
      TRY_ASSIGN(const bool has_it, hub.cache.has_blob(file.repository, file.hash));
      is_here = is_here && has_it;
    }
    if (!is_here) return source_on_hub(*hub.client, reference, files);
  }
  TRY_ASSIGN(const HubModel model, fetch(hub, files, options.on_transfer));
  return source_at(reference, model.path());
}

base::Result<Source> locate_model(const Reference& reference, const LocateOptions& options) {
  switch (reference.kind) {
    case ReferenceKind::synthetic:
      return locate_shape(reference);
    case ReferenceKind::hub:
      return locate_on_hub(reference, options);
    case ReferenceKind::embedded: {
      TRY_ASSIGN(fs::path path, embedded_path(reference));
      return source_at(reference, std::move(path));
    }
    case ReferenceKind::served:
      return base::fail(
          base::ErrorKind::usage,
          fmt::format("{} is behind a server: there is no file of it here", base::printable(reference.text)),
          "measure it with bantam run --engine openai --base-url URL");
    case ReferenceKind::program:
      return base::fail(base::ErrorKind::usage,
                        fmt::format("{} is loaded by a program of its own", base::printable(reference.text)),
                        "measure it with bantam run --engine transformers, onnx or process");
    case ReferenceKind::file:
      break;
  }
  if (const auto repository = as_repository(reference)) return locate_on_hub(*repository, options);
  if (is_model_folder(reference.path)) {
    TRY_ASSIGN(fs::path path, find_converted(reference.path));
    return source_at(reference, std::move(path));
  }
  return source_at(reference, reference.path);
}

}  // namespace

Source without_adapter(const Source& source) {
  Source plain = source;
  std::string& text = plain.reference.text;
  text = text.substr(0, text.rfind(plan::kAdapterMark));
  plain.reference.adapter.reset();
  plain.adapter.reset();
  plain.merge = false;
  return plain;
}

base::Result<Source> locate(const Reference& reference, const LocateOptions& options) {
  TRY_ASSIGN(Source source, locate_model(reference, options));
  if (!reference.adapter) return source;
  TRY_ASSIGN(source.adapter, find_adapter(reference.adapter->path, reference.adapter->scale));
  if (!source.path.empty()) {
    TRY(check_adapter_fits(source.adapter->info, source.adapter->path.string(), source.path,
                           source.path.filename().string()));
  }
  return source;
}

}  // namespace bantam::model
