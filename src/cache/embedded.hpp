#pragma once
// Files that travel inside the binary (cmake/bantam_resources.cmake lists them). The engine maps models from
// disk, so they are written to the cache folder once. Knows nothing of what they are for.

#include <filesystem>
#include <span>
#include <string_view>

#include "base/result.hpp"

namespace bantam::cache {

struct EmbeddedFile {
  std::string_view name;  // relative, with '/': "nano/nano-f16.gguf"
  const char* begin = nullptr;
  const char* end = nullptr;

  std::string_view content() const { return {begin, static_cast<std::size_t>(end - begin)}; }
};

// What begins so is read where it is, and never written to the cache folder.
inline constexpr std::string_view kOnlyInMemory = "web/";

// Sorted by name; empty in a build without any.
std::span<const EmbeddedFile> embedded_files();

// SHA-256 over the names and hashes of all embedded files, known when the binary was built.
std::string_view embedded_hash();

// The folder <cache>/embedded/<hash>, with every embedded file under its name but those of kOnlyInMemory.
// Files that are there already are compared with the binary's content byte by byte, and replaced where they
// differ. storage when the cache folder cannot be written.
base::Result<std::filesystem::path> materialize_embedded();

// The same for any files and folder. One process at a time writes, under the lock <folder>.lock.
base::Status materialize(std::span<const EmbeddedFile> files, const std::filesystem::path& folder);

}  // namespace bantam::cache
