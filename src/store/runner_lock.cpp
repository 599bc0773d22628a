#include "store/runner_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <string>
#include <string_view>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::store {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;

// Bytes far behind any that SQLite locks or writes. The first is held by the open file, so that closing
// another descriptor of it changes nothing; the second by the process, so that others can ask for its number.
constexpr off_t kLockByte = off_t{1} << 62;
constexpr off_t kHolderByte = kLockByte + 1;

constexpr std::string_view kSqliteHeader("SQLite format 3\0", 16);
constexpr const char* kOtherFile = "name another file with --store; this one is left as it is";
// SQLite's files beside the store; the longest name last.
constexpr std::array<std::string_view, 3> kBeside{"-shm", "-wal", "-journal"};

struct flock write_lock(off_t byte) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return lock;
}

// "another run (process 1234)"; without the number where it is not known.
std::string holder(int descriptor) {
  struct flock lock = write_lock(kHolderByte);
  const bool known = ::fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0;
  return known ? fmt::format("another run (process {})", lock.l_pid) : "another run";
}

tl::unexpected<base::Error> cannot(std::string_view act, const fs::path& path, std::string_view hint) {
  return base::fail(
      ErrorKind::storage,
      fmt::format("cannot {} {}: {}", act, base::printable(path.string()), base::errno_text(errno)),
      std::string(hint));
}

// Empty for a regular file.
std::string_view other_kind(mode_t mode) {
  if (S_ISREG(mode)) return "";
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

base::Status check_regular(const fs::path& path, mode_t mode) {
  const std::string_view kind = other_kind(mode);
  if (kind.empty()) return {};
  return base::fail(ErrorKind::storage,
                    fmt::format("{} is {}, not a bantam store", base::printable(path.string()), kind),
                    kOtherFile);
}

base::Status check_name_length(const fs::path& store) {
  const std::size_t length = store.filename().string().size();
  const fs::path folder = store.has_parent_path() ? store.parent_path() : fs::path(".");
  const long known = ::pathconf(folder.c_str(), _PC_NAME_MAX);
  const std::size_t longest =
      (known > 0 ? static_cast<std::size_t>(known) : NAME_MAX) - kBeside.back().size();
  if (length <= longest) return {};
  return base::fail(
      ErrorKind::storage,
      fmt::format("the name of the store has {} bytes; there is room for {} here", length, longest),
      "choose a shorter name with --store");
}

// A file that was being made when its run ended has its undo log beside it, and SQLite puts it right.
bool is_unfinished(const fs::path& store) {
  struct stat facts {};
  return ::stat((store.string() + "-journal").c_str(), &facts) == 0 && facts.st_size > 0;
}

// `target` is where the name leads to.
base::Status check_header(const fs::path& store, const fs::path& target) {
  const int descriptor = ::open(store.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return cannot("open the store", store, "choose a file that you may read and write");
  std::array<char, kSqliteHeader.size()> start{};
  const ssize_t length = ::read(descriptor, start.data(), start.size());
  const int number = errno;
  ::close(descriptor);
  errno = number;
  if (length < 0) return cannot("read the store", store, "check the disk");
  if (length == 0 || std::string_view(start.data(), static_cast<std::size_t>(length)) == kSqliteHeader ||
      is_unfinished(target)) {
    return {};
  }
  return base::fail(ErrorKind::storage,
                    fmt::format("{} is not a bantam store", base::printable(store.string())), kOtherFile);
}

}  // namespace

base::Status check_place(const fs::path& store) {
  if (store.empty()) {
    return base::fail(ErrorKind::usage, "--store is empty",
                      "name the file of the results: --store bantam.db");
  }
  TRY(check_name_length(store));
  std::error_code missing;
  const fs::path target = fs::canonical(store, missing);  // SQLite's files lie beside what a link points to
  struct stat facts {};
  for (const std::string_view ending : kBeside) {
    const fs::path beside = (missing ? store : target).string() + std::string(ending);
    if (::stat(beside.c_str(), &facts) == 0) TRY(check_regular(beside, facts.st_mode));
  }
  if (::stat(store.c_str(), &facts) != 0) return {};  // missing, or told by what opens it
  TRY(check_regular(store, facts.st_mode));
  return check_header(store, missing ? store : target);
}

base::Result<RunnerLock> RunnerLock::take(const fs::path& store) {
  const int descriptor = ::open(store.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0644);
  if (descriptor < 0)
    return cannot("open the store", store, "choose a file that you may write, with --store");
  RunnerLock lock(descriptor);
  struct stat facts {};
  if (::fstat(descriptor, &facts) != 0) return cannot("open the store", store, kOtherFile);
  TRY(check_regular(store, facts.st_mode));
  struct flock whole = write_lock(kLockByte);
  if (::fcntl(descriptor, F_OFD_SETLK, &whole) != 0) {
    if (errno != EAGAIN && errno != EACCES)
      return cannot("lock the store", store, "put it on a file system with file locks, with --store");
    return base::fail(
        ErrorKind::environment,
        fmt::format("{} is using the store {}", holder(descriptor), base::printable(store.string())),
        "wait for it to end, or name another file with --store");
  }
  return lock;
}

bool RunnerLock::is_taken(const fs::path& store) {
  const int descriptor = ::open(store.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  struct flock lock = write_lock(kLockByte);
  const bool is_known = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  ::close(descriptor);
  return is_known && lock.l_type != F_UNLCK;
}

RunnerLock::~RunnerLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void RunnerLock::show_holder() const {
  struct flock named = write_lock(kHolderByte);
  static_cast<void>(::fcntl(descriptor_, F_SETLK, &named));
}

base::Status RunnerLock::check_still_at(const fs::path& store) const {
  struct stat locked {};
  struct stat named {};
  if (::fstat(descriptor_, &locked) == 0 && ::stat(store.c_str(), &named) == 0 &&
      locked.st_ino == named.st_ino && locked.st_dev == named.st_dev) {
    return {};
  }
  return base::fail(
      ErrorKind::storage,
      fmt::format("the store {} was moved or removed while the run used it", base::printable(store.string())),
      "put it back if you moved it, and run again");
}

}  // namespace bantam::store
