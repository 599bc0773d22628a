#include "cache/hashing.hpp"

#include <fmt/format.h>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

thread_local const HashingWatch* latest = nullptr;

template <typename Told>
base::Result<std::string> read_through(const fs::path& path, base::Digest digest, Told told) {
  const std::string shown = base::printable(path.string());
  std::error_code ignored;
  const WatchedHash watched(path, fs::file_size(path, ignored));
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::fail(base::ErrorKind::bad_input, fmt::format("cannot open {}", shown));
  std::string block(kBlockBytes, '\0');
  int cause = 0;
  for (std::uint64_t done = 0; file;) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    cause = errno;  // of a failed read
    const auto got = static_cast<std::size_t>(file.gcount());
    digest.add({block.data(), got});
    done += got;
    TRY(told(watched.tell(done)));
  }
  if (!file.eof()) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("{} cannot be read: {}", shown, base::errno_text(cause)),
                      "check the disk, or copy the file to another one");
  }
  return digest.hex();
}

}  // namespace

HashingWatch::HashingWatch(OnHashing on_hashing)
    : on_hashing_(std::move(on_hashing)), earlier_(std::exchange(latest, this)) {}

HashingWatch::~HashingWatch() {
  latest = earlier_;
}

WatchedHash::WatchedHash(const fs::path& path, std::uint64_t total_bytes)
    : path_(path), total_bytes_(total_bytes) {}

base::Status WatchedHash::tell(std::uint64_t done_bytes) const {
  return latest ? latest->on_hashing_({path_, done_bytes, total_bytes_}) : base::Status{};
}

base::Result<std::string> watched_hash(const fs::path& path, base::Digest digest) {
  return read_through(path, std::move(digest), [](base::Status said) { return said; });
}

base::Result<std::string> sha256_of_made_file(const fs::path& path) {
  return read_through(path, base::Digest::sha256(), [](const base::Status&) { return base::Status{}; });
}

}  // namespace bantam::cache
