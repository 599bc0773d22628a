#pragma once
// Models that turn a text into one vector: tokens in, embeddings out. Knows nothing of llama.cpp, of what the
// vectors are compared with, or of time. Not thread-safe: one caller at a time.

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/engine.hpp"

namespace bantam::engine {

using Embedding = std::vector<float>;

class Encoder {
 public:
  virtual ~Encoder() = default;

  // `request_tokens` is the longest sequence, special tokens included.
  virtual const Properties& properties() const = 0;

  // With the special tokens that the model wants around a text ([CLS] and [SEP]), not cut to any length.
  // bad_input when the text cannot be tokenized.
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;

  // One vector a sequence, in order: the output pooled as the model's file says (mean, first or last token;
  // an encoder's whose file does not say: mean), not normalized. All sequences are computed at once.
  // bad_input when one is empty or longer than request_tokens, or when there are more than the capacity's
  // streams; integrity when a component is not finite.
  virtual base::Result<std::vector<Embedding>> encode(std::span<const std::vector<Token>> sequences) = 0;

  virtual MemoryUse memory() const = 0;
};

}  // namespace bantam::engine
