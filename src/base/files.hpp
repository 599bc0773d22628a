#pragma once
// Whole files and folders. Writing is atomic: a temporary name in the same folder, fsync, rename, fsync of
// the folder; a reader sees the old content or the new, never a part.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace bantam::base {

// Reads a regular file. bad_input when it is missing, not a regular file or longer than `max_bytes`; storage when the
// disk does not give it.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::uint64_t max_bytes = std::uint64_t{1} << 31);

// storage on any failure; the target then keeps its old content. What processes left behind that were killed
// while they wrote this file is removed.
Status write_file_atomically(const std::filesystem::path& path, std::string_view content);

// Removes what processes left in the folder that were killed in write_file_atomically(): temporary files that
// nobody holds a lock on.
void remove_abandoned_files(const std::filesystem::path& folder);

// Syncs `temporary` and gives it its final name. Both must be in the same file system.
Status publish_file(const std::filesystem::path& temporary, const std::filesystem::path& path);

// Makes the folder and its parents. storage when that is not possible.
Status make_folders(const std::filesystem::path& folder);

// storage, with the reason, unless a file can be made in `folder` (which is made if missing).
Status check_writable_folder(const std::filesystem::path& folder);

// Where our cached artefacts live: $BANTAM_CACHE, else $XDG_CACHE_HOME/bantam, else ~/.cache/bantam.
Result<std::filesystem::path> cache_folder();

// "No such file or directory" for the current errno.
std::string errno_text(int number);

}  // namespace bantam::base
