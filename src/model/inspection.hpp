#pragma once
// A model found by its reference and looked into: what its file says of itself, checked. Weights are never
// fetched, hashed or read.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/result.hpp"
#include "gguf/model_info.hpp"
#include "gguf/reader.hpp"
#include "model/adapter.hpp"

namespace bantam::model {

struct Inspection {
  std::string reference;
  std::string where;                           // a path, or repository, commit and file
  std::optional<std::uint64_t> fetched_bytes;  // over the network; absent for what is on this machine
  std::filesystem::path path;                  // of its first file; empty when it is not on this machine
  std::string head;                            // the beginning of its first file, when that is on the hub
  std::string shape;                           // the name of a synthetic model's shape; else empty
  gguf::GgufContent content;
  std::optional<gguf::ModelInfo> model;  // absent when the file itself is an adapter
  std::optional<AdapterInfo> adapter;    // the file itself, or what the reference adds to the model
};

// The errors of the reference, of the hub, and of gguf::inspect().
base::Result<Inspection> inspect_reference(const std::string& reference, bool offline);

// Without its cache, which the engine tells (predict/cache.hpp). With `tensors` also one entry for each
// tensor.
base::Json to_json(const Inspection& inspection, bool tensors);

}  // namespace bantam::model
