#include "hub/embedded.hpp"

#include <array>
#include <cstring>
#include <fstream>
#include <system_error>

#include "base/files.hpp"

namespace bantam::hub {
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

}  // namespace

base::Status materialize(std::span<const EmbeddedFile> files, const fs::path& folder) {
  for (const EmbeddedFile& file : files) {
    const fs::path path = folder / file.name;
    if (!is_intact(path, file.content())) TRY(base::write_file_atomically(path, file.content()));
  }
  return {};
}

base::Result<fs::path> materialize_embedded() {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  const fs::path folder = cache / "embedded" / embedded_hash().substr(0, 16);
  TRY(materialize(embedded_files(), folder));
  return folder;
}

}  // namespace bantam::hub
