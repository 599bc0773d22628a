#include "model/fallbacks.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "model/gguf_types.hpp"

namespace bantam::model {
namespace {

// Elements in a block of the types that files of this name are made of; absent for float files.
std::optional<std::uint64_t> block_of(std::string_view file_type) {
  const auto same = likely_file_type(file_type);
  if (!same || is_float(file_type)) return std::nullopt;
  const bool is_k = file_type.find("_K") != std::string_view::npos;
  if (is_k || file_type.starts_with("TQ") || (file_type.starts_with("IQ") && file_type != "IQ4_NL"))
    return 256;
  if (file_type == "Q1_0") return 128;
  if (file_type == "Q2_0") return 64;
  return 32;
}

// Numbers between dots become '*'.
std::string place_of(const std::string& tensor) {
  std::vector<std::string> parts = base::split(tensor, '.');
  for (std::string& part : parts) {
    if (!part.empty() && std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; })) {
      part = "*";
    }
  }
  return base::join(parts, ".");
}

}  // namespace

std::vector<Fallback> fallbacks_of(const GgufContent& content, std::string_view file_type) {
  std::vector<Fallback> all;
  const auto block = block_of(file_type);
  if (!block) return all;
  for (const Tensor& tensor : content.tensors) {
    if (tensor.shape.size() < 2 || tensor.shape[0] % *block == 0) continue;
    // Of float types F16 alone is a fallback, for rows that fit no block at all; else it was never quantized.
    if (is_float(tensor.type.name) && (tensor.type.name != "F16" || tensor.shape[0] % 32 == 0)) continue;
    const std::string place = place_of(tensor.name);
    const auto found = std::find_if(all.begin(), all.end(), [&](const Fallback& one) {
      return one.tensors == place && one.type == tensor.type.name;
    });
    Fallback& fallback = found != all.end()
                             ? *found
                             : all.emplace_back(Fallback{place, std::string(tensor.type.name),
                                                         static_cast<std::int64_t>(tensor.shape[0]), 0});
    ++fallback.count;
  }
  return all;
}

base::Json to_json(const Fallback& fallback) {
  return {{"tensors", fallback.tensors},
          {"type", fallback.type},
          {"row", fallback.row},
          {"count", fallback.count}};
}

}  // namespace bantam::model
