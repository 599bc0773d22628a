#include "cache/hashing.hpp"

#include <system_error>
#include <utility>

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

thread_local const HashingWatch* latest = nullptr;

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
  std::error_code ignored;
  const WatchedHash watched(path, fs::file_size(path, ignored));
  return base::digest_of_file(path, std::move(digest),
                              [&](std::uint64_t done_bytes) { return watched.tell(done_bytes); });
}

base::Result<std::string> sha256_of_made_file(const fs::path& path) {
  std::error_code ignored;
  const WatchedHash watched(path, fs::file_size(path, ignored));
  return base::digest_of_file(path, base::Digest::sha256(), [&](std::uint64_t done_bytes) {
    static_cast<void>(watched.tell(done_bytes));
    return base::Status{};
  });
}

}  // namespace bantam::cache
