#include "model/shapes_weights.hpp"

#include <ggml.h>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace bantam::model {
namespace {

constexpr std::int64_t kRowElements = 1024;  // every block size divides it

// How much a stock holds. Types with a codebook are searched for the best match, thousands of values a
// second.
std::int64_t rows_of(const TensorType& type) {
  return type.name.starts_with("IQ") ? 32 : 256;
}

}  // namespace

// Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014.
std::uint64_t RandomNumbers::next() {
  state_ += 0x9E3779B97F4A7C15U;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

double RandomNumbers::unit() {
  return (static_cast<double>(next() >> 11U) + 1.0) * 0x1.0p-53;
}

// Box and Muller's transform.
float RandomNumbers::normal(float standard_deviation) {
  const double radius = std::sqrt(-2.0 * std::log(unit()));
  return standard_deviation * static_cast<float>(radius * std::cos(2.0 * std::numbers::pi * unit()));
}

WeightStock::WeightStock(const TensorType& type, std::uint64_t seed)
    : block_bytes_(type.block_bytes), numbers_(seed) {
  const std::int64_t rows = rows_of(type);
  std::vector<float> values(static_cast<std::size_t>(rows * kRowElements));
  for (float& value : values) value = numbers_.normal(kWeightDeviation);
  // Some types cannot be made without importances; equal ones say nothing.
  const std::vector<float> importances(static_cast<std::size_t>(kRowElements), 1.0F);
  blocks_.resize(values.size() / type.block_elements * type.block_bytes);
  ggml_quantize_chunk(static_cast<ggml_type>(type.id), values.data(), blocks_.data(), 0, rows, kRowElements,
                      importances.data());
}

std::string_view WeightStock::draw(std::uint64_t bytes) {
  const std::uint64_t size = std::min<std::uint64_t>(bytes, blocks_.size() / 2 / block_bytes_ * block_bytes_);
  const std::uint64_t places = (blocks_.size() - size) / block_bytes_ + 1;
  return std::string_view(blocks_).substr(numbers_.below(places) * block_bytes_, size);
}

}  // namespace bantam::model
