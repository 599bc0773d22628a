#pragma once
// In which pieces the kernel keeps files in memory.

#include <cstdint>
#include <filesystem>

namespace bantam::device {

// What is read ahead at once from the disk of `path` or, where that is not there yet, of the folder that
// would hold it: a power of two, from one page to 2 MiB. Kernels with large folios keep and drop a file in
// pieces of up to this size; others in smaller ones. One page where the disk tells nothing. `root` stands
// before /sys.
std::int64_t file_piece_bytes(const std::filesystem::path& path, const std::filesystem::path& root = "/");

}  // namespace bantam::device
