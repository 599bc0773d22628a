#pragma once
// How much of a file is in the page cache, and how to empty it of that file. Knows nothing of models.

#include <cstdint>
#include <filesystem>

#include "base/result.hpp"

namespace bantam::measure {

// Bytes of a regular file that are in memory now (mincore on a mapping of it), in whole pages: of a model
// file, its resident weights. bad_input when the file cannot be opened; environment when the kernel would not
// tell the truth: it does so only to the file's owner and to those who may write it.
base::Result<std::int64_t> resident_bytes(const std::filesystem::path& file);

// Writes the file's dirty pages back, asks the kernel to drop all of them, and checks with mincore that at
// most a thousandth is left. environment, with what is left, when they stay: mapped or locked by a program,
// or a file system without a disk behind it.
base::Status evict(const std::filesystem::path& file);

// Reads the whole file, so that its pages are in memory, and checks with mincore, where the kernel tells,
// that at least 99 % stay. environment, with what stayed, when they do not; bad_input when the file cannot be
// read.
base::Status make_resident(const std::filesystem::path& file);

}  // namespace bantam::measure
