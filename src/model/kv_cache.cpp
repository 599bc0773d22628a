#include "model/kv_cache.hpp"

#include "model/gguf_types.hpp"

namespace bantam::model {
namespace {

// Beyond this a file's claims are not believed; keeps the arithmetic within 64 bits.
constexpr std::int64_t kMostHeads = std::int64_t{1} << 20;
constexpr std::int64_t kLargestHead = std::int64_t{1} << 16;

// Of the keys or values of one cell in one layer.
std::int64_t row_bytes(std::int64_t elements, const TensorType& type) {
  const auto block = static_cast<std::int64_t>(type.block_elements);
  return (elements + block - 1) / block * static_cast<std::int64_t>(type.block_bytes);
}

}  // namespace

std::optional<std::int64_t> kv_bytes(const ModelInfo& info, std::int64_t cells, std::string_view type_k,
                                     std::string_view type_v) {
  if (info.is_encoder) return 0;
  const AttentionFacts& facts = info.attention;
  const auto k = tensor_type(type_k);
  const auto v = tensor_type(type_v);
  if (!k || !v || !facts.head_size_k || !facts.head_size_v || facts.kv_heads.empty()) return std::nullopt;
  if (*facts.head_size_k > kLargestHead || *facts.head_size_v > kLargestHead) return std::nullopt;
  std::int64_t of_a_cell = 0;
  for (const std::int64_t heads : facts.kv_heads) {
    if (heads < 0 || heads > kMostHeads) return std::nullopt;
    of_a_cell += row_bytes(heads * *facts.head_size_k, *k) + row_bytes(heads * *facts.head_size_v, *v);
  }
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(of_a_cell, cells, &bytes)) return std::nullopt;
  return bytes;
}

}  // namespace bantam::model
