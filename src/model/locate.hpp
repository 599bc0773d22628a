#pragma once
// From a model reference to the model it names: the file, what it says of itself, and what identifies it.
// Knows nothing of precisions (model/artifact.hpp).

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "hub/download.hpp"
#include "model/adapter.hpp"
#include "model/reference.hpp"
#include "shape/shape.hpp"

namespace bantam::model {

// A file on the hub of which only the beginning is here: all before its weights.
struct UnfetchedPart {
  std::string head;
  std::uint64_t file_bytes = 0;
};

// A model as the user named it, found and looked into.
struct Source {
  Reference reference;
  std::filesystem::path path;  // empty for a synthetic model, which has no file but those of its precisions
  gguf::ModelInfo info;        // of a synthetic model: what holds at every precision
  std::string sha256;          // of the file; of a synthetic model: of its definition
  std::optional<shape::Shape> shape = std::nullopt;  // synthetic models only
  std::optional<AppliedAdapter> adapter = std::nullopt;
  std::uint64_t fetch_bytes = 0;              // still on the hub (only without `fetch`); `path` is empty then
  std::vector<UnfetchedPart> unfetched = {};  // the same files
  bool merge = false;  // the adapter becomes part of the files that are made; else it is applied at load
};

// The same model untuned: the adapter is neither applied nor merged.
Source without_adapter(const Source& source);

// How models are found that may lie on the hub.
struct LocateOptions {
  bool offline = false;           // hub models come from the cache only
  bool fetch = true;              // false: of a hub model that is not here only the head is read
  std::function<bool()> stopped;  // asked during transfers; may be empty
  hub::OnTransfer on_transfer;    // may be empty
};

// A reference to a file that is not there, but reads like user/repo, is taken for a repository of the hub,
// unless it looks like a file: by its ending, or because a folder `user` is here. A
// Hugging Face folder stands for the file that was converted from it. bad_input for a file that inspect()
// refuses; usage for an unknown embedded model or shape; environment where the hub cannot give the model, a
// folder is not converted yet, or the build has no embedded files; storage when a cache cannot be written.
// Hashes a file once (cache/cache.hpp).
base::Result<Source> locate(const Reference& reference, const LocateOptions& options = {});

}  // namespace bantam::model
