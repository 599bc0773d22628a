#include "engine/llama/file_pieces.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/llama/ggml.hpp"
#include "gguf.h"

namespace bantam::engine {

base::Result<std::int64_t> bytes_in_pieces(const std::filesystem::path& file,
                                           const std::set<std::string, std::less<>>& tensors,
                                           std::int64_t piece_bytes) {
  gguf_init_params params{};
  params.no_alloc = true;
  const std::unique_ptr<gguf_context, Freed<gguf_free>> content(
      gguf_init_from_file(file.c_str(), params));
  if (!content) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("the engine cannot read the head of {}", file.string()));
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> pieces;  // first, one after the last
  for (std::int64_t i = 0; i < gguf_get_n_tensors(content.get()); ++i) {
    if (!tensors.contains(std::string_view(gguf_get_tensor_name(content.get(), i)))) continue;
    const auto begin = static_cast<std::int64_t>(gguf_get_data_offset(content.get()) +
                                                 gguf_get_tensor_offset(content.get(), i));
    const auto end = begin + static_cast<std::int64_t>(gguf_get_tensor_size(content.get(), i));
    if (end > begin) pieces.emplace_back(begin / piece_bytes, (end - 1) / piece_bytes + 1);
  }
  std::sort(pieces.begin(), pieces.end());
  std::int64_t count = 0;
  std::int64_t counted_to = 0;
  for (const auto& [first, end] : pieces) {
    count += std::max<std::int64_t>(0, end - std::max(first, counted_to));
    counted_to = std::max(counted_to, end);
  }
  return count * piece_bytes;
}

}  // namespace bantam::engine
