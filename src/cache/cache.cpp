#include "cache/cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <compare>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <utility>

#include "base/environment.hpp"
#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "base/path_json.hpp"
#include "base/text.hpp"
#include "cache/hashing.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kSettledNs = 2'000'000'000;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::int64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

// All that changes when a file's content does. The time of the last change of any kind (ctime) cannot be set
// by programs, so that content which is exchanged with size and modification time kept is seen too.
struct Identity {
  std::string path;
  std::int64_t bytes = 0;
  std::int64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;

  auto operator<=>(const Identity&) const = default;
};

base::Result<Identity> identify(const fs::path& path) {
  struct stat facts {};
  if (::stat(path.c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return base::fail(
        base::ErrorKind::bad_input,
        fmt::format("cannot read {}: it is missing or no regular file", base::printable(path.string())));
  }
  std::error_code error;
  const fs::path canonical = fs::canonical(path, error);
  return Identity{(error ? path : canonical).string(), static_cast<std::int64_t>(facts.st_size),
                  static_cast<std::int64_t>(facts.st_ino), nanoseconds(facts.st_mtim),
                  nanoseconds(facts.st_ctim)};
}

// Absent when there is no cache folder.
std::optional<fs::path> note_path(const Identity& file) {
  const auto cache = base::cache_folder();
  if (!cache) return std::nullopt;
  return *cache / "hashes" / (base::sha256(file.path).substr(0, 32) + ".json");
}

std::optional<std::string> remembered(const fs::path& note, const Identity& file) {
  const auto text = base::read_file(note, 1 << 16);
  if (!text) return std::nullopt;
  const auto json = base::parse_json(*text, note.string());
  if (!json) return std::nullopt;
  if (base::path_from_json(base::child_at(*json, "path")) != fs::path(file.path) ||
      base::integer_at(*json, "bytes") != file.bytes || base::integer_at(*json, "inode") != file.inode ||
      base::integer_at(*json, "modified_ns") != file.modified_ns ||
      base::integer_at(*json, "changed_ns") != file.changed_ns) {
    return std::nullopt;
  }
  const auto sha256 = base::string_at(*json, "sha256");
  return sha256 && sha256->size() == 64 ? sha256 : std::nullopt;
}

// What processes left that were killed while they noted a hash.
void sweep_once(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<fs::path> swept;
  const std::lock_guard lock(mutex);
  if (swept.insert(folder).second) base::remove_abandoned_files(folder);
}

void remember(const fs::path& note, const Identity& file, const std::string& sha256) {
  base::Json json;
  json["path"] = base::path_to_json(file.path);
  json["bytes"] = file.bytes;
  json["inode"] = file.inode;
  json["modified_ns"] = file.modified_ns;
  json["changed_ns"] = file.changed_ns;
  json["sha256"] = sha256;
  sweep_once(note.parent_path());
  // Not being able to remember is no error: the next call computes it again.
  static_cast<void>(base::write_file_atomically(note, base::to_text(json, 1) + "\n"));
}

// What this process has read through itself: once is enough, also when files are always to be checked.
std::map<Identity, std::string>& hashes_of_this_process() {
  static std::map<Identity, std::string> hashes;
  return hashes;
}
std::mutex hashes_mutex;

std::optional<std::string> read_by_this_process(const Identity& file) {
  const std::lock_guard lock(hashes_mutex);
  const auto found = hashes_of_this_process().find(file);
  return found == hashes_of_this_process().end() ? std::nullopt : std::optional(found->second);
}

void keep_for_this_process(const Identity& file, const std::string& sha256) {
  const std::lock_guard lock(hashes_mutex);
  hashes_of_this_process()[file] = sha256;
}

tl::unexpected<base::Error> cannot_lock(const fs::path& path, int number) {
  return base::fail(
      base::ErrorKind::storage,
      fmt::format("cannot lock {}: {}", base::printable(path.string()), base::errno_text(number)),
      "the cache folder must be one that you may write");
}

}  // namespace

base::Result<std::string> cached_sha256(const fs::path& path) {
  TRY_ASSIGN(const Identity before, identify(path));
  const auto note = note_path(before);
  const auto known = base::is_switched_on("BANTAM_VERIFY") ? read_by_this_process(before)
                     : note                                ? remembered(*note, before)
                                                           : std::nullopt;
  if (known) return *known;
  TRY_ASSIGN(std::string sha256, watched_hash(path, base::Digest::sha256()));
  TRY_ASSIGN(const Identity after, identify(path));
  if (!(before == after)) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("{} changed while it was read", base::printable(path.string())),
                      "wait until it is complete");
  }
  if (now_ns() - after.modified_ns < kSettledNs) return sha256;
  if (note) remember(*note, after, sha256);
  keep_for_this_process(after, sha256);
  return sha256;
}

void remember_sha256(const fs::path& path, const std::string& sha256) {
  const auto file = identify(path);
  const auto note = file ? note_path(*file) : std::nullopt;
  if (note) remember(*note, *file, sha256);
}

base::Result<FileLock> FileLock::open(const fs::path& path) {
  TRY(base::make_folders(path.parent_path()));
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return cannot_lock(path, errno);
  return FileLock(descriptor);
}

base::Result<FileLock> FileLock::take(const fs::path& path) {
  TRY_ASSIGN(FileLock lock, open(path));
  while (::flock(lock.descriptor_, LOCK_EX) != 0) {
    if (errno != EINTR) return cannot_lock(path, errno);
  }
  return lock;
}

base::Result<std::optional<FileLock>> FileLock::try_take(const fs::path& path) {
  TRY_ASSIGN(FileLock lock, open(path));
  while (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return std::nullopt;
    if (errno != EINTR) return cannot_lock(path, errno);
  }
  return std::optional<FileLock>(std::move(lock));
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace bantam::cache
