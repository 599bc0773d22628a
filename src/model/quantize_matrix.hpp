#pragma once
// An importance matrix file as llama.cpp's quantizer takes it. Knows nothing of how the file was gathered.

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "llama.h"
#include "model/gguf_reader.hpp"

namespace bantam::model {

// Points into itself: neither copied nor moved once its parameters are in use.
class QuantizerMatrix {
 public:
  // Reads the file, which must have a matrix for at least one tensor of `model`. bad_input for anything else
  // than a GGUF importance matrix of that model.
  static base::Result<QuantizerMatrix> read(const std::filesystem::path& path, const GgufContent& model);

  // As llama-quantize --imatrix does: the means, and what they come from for the new file's header. Valid
  // while this object lives.
  void add_to(llama_model_quantize_params& parameters);

 private:
  void add_keys();

  std::unordered_map<std::string, std::vector<float>> means_;  // of the squared inputs, a number a column
  std::string file_;                                           // name without folder
  std::string dataset_;                                        // empty: not known
  std::int64_t chunks_ = 0;                                    // 0: not known
  std::vector<llama_model_imatrix_data> entries_;
  std::vector<llama_model_kv_override> keys_;
};

}  // namespace bantam::model
