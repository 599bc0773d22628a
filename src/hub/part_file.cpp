#include "hub/part_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;

// A power cut loses at most this much; a killed process loses nothing that was written.
constexpr std::uint64_t kSyncEvery_bytes = std::uint64_t{64} << 20;
constexpr std::size_t kBlockBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMaxEtagBytes = 1024;

tl::unexpected<base::Error> cannot(const char* act, const fs::path& path) {
  return base::fail(
      ErrorKind::storage,
      fmt::format("cannot {} {}: {}", act, base::printable(path.string()), base::errno_text(errno)),
      "what was fetched is kept; free some space, or set HF_HUB_CACHE to another disk");
}

}  // namespace

PartFile::PartFile(fs::path blob, const RemoteFile& file, int descriptor)
    : blob_(std::move(blob)),
      path_(blob_.string() + ".bantam.incomplete"),
      note_(path_.string() + ".etag"),
      expected_(file.hash),
      expected_bytes_(file.bytes),
      descriptor_(descriptor),
      digest_(fresh_digest()) {}

PartFile::PartFile(PartFile&& other) noexcept
    : blob_(std::move(other.blob_)),
      path_(std::move(other.path_)),
      note_(std::move(other.note_)),
      expected_(std::move(other.expected_)),
      expected_bytes_(other.expected_bytes_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      digest_(std::move(other.digest_)),
      digest_hex_(std::move(other.digest_hex_)),
      etag_(std::move(other.etag_)),
      bytes_(other.bytes_),
      unsynced_bytes_(other.unsynced_bytes_),
      continued_(other.continued_) {}

PartFile::~PartFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

base::Digest PartFile::fresh_digest() const {
  return expected_.algorithm == ContentHash::Algorithm::sha256 ? base::Digest::sha256()
                                                               : base::Digest::git_blob(expected_bytes_);
}

base::Result<PartFile> PartFile::open(const fs::path& blob, const RemoteFile& file) {
  TRY(base::make_folders(blob.parent_path()));
  const fs::path path = blob.string() + ".bantam.incomplete";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot("write", path);
  PartFile part(blob, file, descriptor);
  const auto etag = base::read_file(part.note_, kMaxEtagBytes);
  if (etag) part.etag_ = *etag;
  TRY(part.read_through());
  const bool usable = !part.etag_.empty() || part.bytes_ == part.expected_bytes_;
  if (part.bytes_ > part.expected_bytes_ || (part.bytes_ > 0 && !usable)) {
    TRY(part.start(""));
  }
  return part;
}

base::Status PartFile::read_through() {
  std::string block(kBlockBytes, '\0');
  while (true) {
    const ssize_t got = ::read(descriptor_, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return cannot("read", path_);
    if (got == 0) break;
    digest_.add({block.data(), static_cast<std::size_t>(got)});
    bytes_ += static_cast<std::uint64_t>(got);
  }
  continued_ = bytes_ > 0;
  return {};
}

base::Status PartFile::start(const std::string& etag) {
  if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) != 0)
    return cannot("empty", path_);
  digest_ = fresh_digest();
  digest_hex_.clear();
  bytes_ = unsynced_bytes_ = 0;
  continued_ = false;
  etag_ = etag;
  return base::write_file_atomically(note_, etag);
}

base::Status PartFile::append(std::string_view block) {
  while (!block.empty()) {
    const ssize_t written = ::write(descriptor_, block.data(), block.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return cannot("write", path_);
    }
    const auto count = static_cast<std::size_t>(written);
    digest_.add(block.substr(0, count));
    bytes_ += count;
    unsynced_bytes_ += count;
    block.remove_prefix(count);
  }
  if (unsynced_bytes_ < kSyncEvery_bytes) return {};
  unsynced_bytes_ = 0;
  return ::fdatasync(descriptor_) == 0 ? base::Status{} : cannot("sync", path_);
}

bool PartFile::has_expected_hash() {
  if (digest_hex_.empty()) digest_hex_ = digest_.hex();
  return bytes_ == expected_bytes_ && digest_hex_ == expected_.hex;
}

base::Status PartFile::publish() {
  if (!has_expected_hash()) {
    remove();
    return base::fail(ErrorKind::integrity,
                      fmt::format("the content has the hash {} where {} was declared; it was removed",
                                  digest_hex_, expected_.hex),
                      "try again; if it stays so, the server or a proxy changes files");
  }
  TRY(base::publish_file(path_, blob_));
  ::unlink(note_.c_str());
  return {};
}

void PartFile::remove() {
  ::unlink(path_.c_str());
  ::unlink(note_.c_str());
}

}  // namespace bantam::hub
