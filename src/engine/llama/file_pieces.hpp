#pragma once
// Which part of a model's file must stay in memory when some of its tensors are read again and again. The
// kernel keeps and drops a file's pages in pieces, whole or not at all.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "base/result.hpp"

namespace bantam::engine {

// Bytes of the pieces that hold the tensors of these names; `piece_bytes` is a power of two. Only the head of
// the file must be there. bad_input when it cannot be read; a name that is not in it counts nothing.
base::Result<std::int64_t> bytes_in_pieces(const std::filesystem::path& file,
                                           const std::set<std::string, std::less<>>& tensors,
                                           std::int64_t piece_bytes);

}  // namespace bantam::engine
