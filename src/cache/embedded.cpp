#include "cache/embedded.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <vector>

#include "base/files.hpp"
#include "cache/cache.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

bool is_intact(const fs::path& path, std::string_view content) {
  std::error_code error;
  if (fs::file_size(path, error) != content.size() || error) return false;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 1 << 16> block{};
  while (file && !content.empty()) {
    file.read(block.data(), block.size());
    const auto got = static_cast<std::size_t>(file.gcount());
    if (got == 0 || got > content.size() || std::memcmp(block.data(), content.data(), got) != 0) return false;
    content.remove_prefix(got);
  }
  return content.empty();
}

// A reader sees all of it or nothing. Not synced to the disk: is_intact() looks at every byte before each
// use, so what a power cut spoils is mended.
base::Status write_whole(const fs::path& path, std::string_view content) {
  TRY(base::make_folders(path.parent_path()));
  const fs::path temporary = path.string() + fmt::format(".{}.tmp", ::getpid());
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  std::error_code error;
  if (file) fs::rename(temporary, path, error);
  if (file && !error) return {};
  std::error_code ignored;
  fs::remove(temporary, ignored);
  return base::fail(
      base::ErrorKind::storage,
      fmt::format("cannot write {}: {}", path.string(), error ? error.message() : "the disk may be full"),
      "set BANTAM_CACHE to a folder with free space that you may write");
}

}  // namespace

base::Status materialize(std::span<const EmbeddedFile> files, const fs::path& folder) {
  const auto is_there = [&](const EmbeddedFile& file) {
    return is_intact(folder / file.name, file.content());
  };
  if (std::all_of(files.begin(), files.end(), is_there)) return {};
  // One process writes; the others wait and find whole files. A file that was replaced a second time would
  // change under those who read it already.
  TRY_ASSIGN(const FileLock lock, FileLock::take(folder.string() + ".lock"));
  std::set<fs::path> swept;
  for (const EmbeddedFile& file : files) {
    const fs::path path = folder / file.name;
    // What writers left that were killed.
    if (swept.insert(path.parent_path()).second) base::remove_abandoned_files(path.parent_path());
    if (!is_intact(path, file.content())) TRY(write_whole(path, file.content()));
  }
  return {};
}

base::Result<fs::path> materialize_embedded() {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const fs::path folder = cache / "embedded" / embedded_hash().substr(0, 16);
  std::vector<EmbeddedFile> files;
  std::ranges::copy_if(embedded_files(), std::back_inserter(files),
                       [](const EmbeddedFile& file) { return !file.name.starts_with(kOnlyInMemory); });
  TRY(materialize(files, folder));
  return folder;
}

}  // namespace bantam::cache
