#pragma once
// What an engine opens: a GGUF file, and the adapter that is applied to its weights while it computes. Knows
// nothing of where the files come from.

#include <filesystem>
#include <optional>
#include <utility>

namespace bantam::engine {

// A LoRA adapter in GGUF. Each weight W it names acts as W + scale x alpha / rank x B A.
struct Adapter {
  std::filesystem::path path;
  double scale = 1.0;
};

struct ModelFile {
  ModelFile() = default;
  // A path alone is a model without an adapter.
  ModelFile(std::filesystem::path path, std::optional<Adapter> with = std::nullopt)
      : gguf(std::move(path)), adapter(std::move(with)) {}

  std::filesystem::path gguf;
  std::optional<Adapter> adapter;
};

}  // namespace bantam::engine
