#pragma once
// Models that take a text as a whole: one vector for it, one for each of its tokens, or a value for each
// label of a classification head. Knows nothing of llama.cpp, of what the vectors are compared with, or of
// time. Not thread-safe: one caller at a time.

#include <memory>
#include <span>
#include <string>
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

// The vectors of a sequence's tokens: token i's components lie at i * width.
struct TokenEmbeddings {
  std::vector<float> components;
  std::size_t width = 0;
};

class TokenEncoder {
 public:
  virtual ~TokenEncoder() = default;

  virtual const Properties& properties() const = 0;
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;  // as Encoder's
  virtual int layers() const = 0;

  // The output of `layer`, 1 being the first and layers() the last, in the order of the sequences. The errors
  // of Encoder::encode(); bad_input also when there is no such layer.
  virtual base::Result<std::vector<TokenEmbeddings>> encode(std::span<const std::vector<Token>> sequences,
                                                            int layer) = 0;
};

class Classifier {
 public:
  virtual ~Classifier() = default;

  virtual const Properties& properties() const = 0;
  virtual base::Result<std::vector<Token>> tokenize(std::string_view text) = 0;  // as Encoder's
  // As the model's file names them; at least one.
  virtual const std::vector<std::string>& labels() const = 0;

  // One logit a label, before any softmax, for each sequence. The errors of Encoder::encode().
  virtual base::Result<std::vector<std::vector<float>>> classify(
      std::span<const std::vector<Token>> sequences) = 0;
};

}  // namespace bantam::engine
