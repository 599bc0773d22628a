#pragma once
// Two kernels of our own for scoring on the CPU: the product of f32 matrices and attention over many tokens.
// llama.cpp's own read their operands in place, or unpack them once per head; these pack blocks for the cache
// (with Eigen), and unpack keys and values once for all heads that share them. They act only while a
// KernelGuard lives, so that speed is always measured with llama.cpp's kernels. Sums are taken in another
// order: results differ in the last bits. What they do not take (other types, few tokens, sinks, position
// biases) goes to llama.cpp's kernels.

#include <string_view>

namespace bantam::engine {

// Switches them on or off for the whole process (ggml calls kernels without any state of ours), and back at
// its end.
class KernelGuard {
 public:
  explicit KernelGuard(bool wanted);
  ~KernelGuard();
  KernelGuard(const KernelGuard&) = delete;
  KernelGuard& operator=(const KernelGuard&) = delete;

 private:
  bool before_;
};

bool own_kernels();  // whether they are on

// While it lives, ggml's own kernels give each row of a small batch the bits that it has alone, as far as
// they can: products are summed row by row and not in llamafile's blocks, attention is computed for one query
// at a time. For the check of proposed tokens (engine/speculation.hpp).
class SingleRowGuard {
 public:
  SingleRowGuard();
  ~SingleRowGuard();
  SingleRowGuard(const SingleRowGuard&) = delete;
  SingleRowGuard& operator=(const SingleRowGuard&) = delete;
};

bool rows_as_alone();  // whether one lives

// The library beneath and its version, "Eigen 3.4.0".
std::string_view kernel_library();

}  // namespace bantam::engine
