#include "base/growing_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/files.hpp"

namespace bantam::base {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTemporarySuffix = ".tmp";

tl::unexpected<Error> cannot_write(const fs::path& path) {
  return fail(ErrorKind::storage, fmt::format("cannot write {}: {}", path.string(), errno_text(errno)),
              "free some space or choose a writable place");
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

// Opened to be written, with the lock that says that somebody is at work on it.
Descriptor open_locked(const fs::path& temporary) {
  while (true) {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    struct stat facts {};
    if (!file || ::flock(file.number(), LOCK_EX) != 0) return file;  // a file system without locks
    // Removed by another process before it was locked: once more.
    if (::fstat(file.number(), &facts) != 0 || facts.st_nlink > 0) return file;
  }
}

bool is_temporary_name(std::string_view name) {
  if (!name.ends_with(kTemporarySuffix)) return false;
  name.remove_suffix(kTemporarySuffix.size());
  const auto dot = name.rfind('.');
  return dot != std::string_view::npos && dot + 1 < name.size() &&
         name.find_first_not_of("0123456789", dot + 1) == std::string_view::npos;
}

}  // namespace

void remove_abandoned(const fs::path& folder, std::string_view beginning) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(beginning) || !is_temporary_name(name)) continue;
    const Descriptor file(::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat locked {};
    struct stat named {};
    if (!file || ::flock(file.number(), LOCK_EX | LOCK_NB) != 0) continue;
    // Its writer may have finished in between, and begun another one of this name.
    if (::fstat(file.number(), &locked) != 0 || ::lstat(entry.path().c_str(), &named) != 0) continue;
    if (locked.st_ino == named.st_ino) ::unlink(entry.path().c_str());
  }
}

GrowingFile::GrowingFile(fs::path path, fs::path temporary, Descriptor file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

GrowingFile::GrowingFile(GrowingFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, fs::path())),
      file_(std::move(other.file_)) {}

GrowingFile::~GrowingFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<GrowingFile> GrowingFile::begin(const fs::path& path) {
  TRY(make_folders(folder_of(path)));
  remove_abandoned(folder_of(path), path.filename().string() + ".");
  const fs::path temporary = path.string() + fmt::format(".{}{}", ::getpid(), kTemporarySuffix);
  Descriptor file = open_locked(temporary);
  if (!file) return cannot_write(path);
  return GrowingFile(path, temporary, std::move(file));
}

Status GrowingFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_.number(), bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return cannot_write(path_);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status GrowingFile::publish() {
  TRY(publish_file(temporary_, path_));
  temporary_.clear();
  return {};
}

}  // namespace bantam::base
