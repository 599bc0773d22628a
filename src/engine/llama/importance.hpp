#pragma once
// The sums of an importance matrix, taken from llama.cpp's evaluation callback, and their file. Knows nothing
// of texts and samples.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ggml.h"

namespace bantam::engine {

// What one weight matrix was multiplied with.
struct InputSquares {
  std::vector<float> sums;  // of squares: a slice of one number per column for each expert, or one slice
  std::vector<std::int64_t> counts;  // rows that went into each expert's slice; one count for other matrices
};

class ImportanceSums {
 public:
  // The callback that a context takes (llama.h: cb_eval); `self` is an ImportanceSums.
  static bool watch(ggml_tensor* node, bool ask, void* self);

  // integrity when inputs were not finite; bad_input when a matrix changed its form.
  const base::Status& status() const { return status_; }
  std::int64_t matrices() const { return static_cast<std::int64_t>(all_.size()); }
  std::int64_t unused_experts() const;

  // Writes the file in llama.cpp's form, atomically. storage when that fails.
  base::Status write(const std::filesystem::path& target, const std::string& dataset, std::int64_t samples,
                     std::int64_t sample_tokens) const;

 private:
  bool wants(const ggml_tensor& node) const;
  void add_product(const ggml_tensor& node);
  void add_expert_product(const ggml_tensor& node);
  InputSquares& squares_for(std::string_view name, std::int64_t columns, std::int64_t slices,
                            std::int64_t counts);
  const char* on_host(const ggml_tensor& tensor, std::vector<char>& copy) const;
  void check_finite(std::string_view name, const std::vector<float>& sums);
  void refuse(base::Error error);

  std::map<std::string, InputSquares, std::less<>> all_;
  std::vector<char> inputs_;  // copied from a device
  std::vector<char> experts_;
  base::Status status_;
};

}  // namespace bantam::engine
