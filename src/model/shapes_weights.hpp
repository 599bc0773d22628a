#pragma once
// Random weights as bytes of any tensor type. Knows nothing of files and shapes.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/gguf_types.hpp"

namespace bantam::model {

// The same numbers on every machine for the same seed (SplitMix64).
class RandomNumbers {
 public:
  explicit RandomNumbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  // 0 <= result < limit; limit is at least 1 and far below 2^64.
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  // Normally distributed, mean 0.
  float normal(float standard_deviation);

 private:
  double unit();  // 0 < result <= 1
  std::uint64_t state_;
};

// A stock of blocks of one type, from which any number of bytes is drawn. Its values are normally distributed
// with standard deviation kWeightDeviation, quantized by ggml: so every block is valid and of everyday size.
class WeightStock {
 public:
  WeightStock(const TensorType& type, std::uint64_t seed);

  // Whole blocks, at most `bytes` (a multiple of the block size), from a random place of the stock. Repeated
  // calls never give the same stretch twice in a row, so that equal rows do not lie side by side. Valid as
  // long as the stock.
  std::string_view draw(std::uint64_t bytes);

 private:
  std::uint64_t block_bytes_;
  RandomNumbers numbers_;
  std::string blocks_;
};

inline constexpr float kWeightDeviation = 0.02F;

}  // namespace bantam::model
