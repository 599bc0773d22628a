#pragma once
// Looks into the computation of an encoder on llama.cpp, through its evaluation callback: reads the output of
// one layer, and has activation functions computed as the models define them where llama.cpp takes others.
// Knows nothing of texts.

#include <string>
#include <string_view>
#include <vector>

#include "engine/llama_ggml.hpp"

namespace bantam::engine {

class EncoderWatch {
 public:
  // `architecture`: general.architecture of the file. `layers`: how many the model has.
  EncoderWatch(std::string_view architecture, int layers);

  // For LlamaSession::watch(), with this as the state.
  static bool watch(ggml_tensor* node, bool ask, void* self);

  // From now on the output of this layer is kept, 1 being the first; 0: of none.
  void read_layer(int layer);
  // Of the computation done last: width() values for each token, in the order of the batch. Empty when the
  // layer was not found in it.
  const std::vector<float>& rows() const { return rows_; }
  std::size_t width() const { return width_; }
  // Before a computation.
  void forget() { rows_.clear(); }

 private:
  // BERT's GELU is the exact one, llama.cpp computes its tanh approximation. The head of DistilBERT, which is
  // known by having no token types, has a ReLU, llama.cpp computes BERT's tanh.
  void correct(ggml_tensor& node);
  bool is_wanted(const ggml_tensor& node) const;
  void keep(const ggml_tensor& node);

  bool exact_gelu_ = false;
  bool is_bert_ = false;
  bool has_token_types_ = false;
  int layers_;
  int layer_ = 0;
  std::string norm_;    // start of the names of the norm behind the layer
  std::string output_;  // name of the layer's output where the graph gives it one
  std::vector<float> rows_;
  std::size_t width_ = 0;
};

}  // namespace bantam::engine
