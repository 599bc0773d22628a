#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/growing_file.hpp"

namespace bantam::base {
namespace fs = std::filesystem;
namespace {

tl::unexpected<Error> storage_failure(const fs::path& path, std::string_view act) {
  return fail(ErrorKind::storage, fmt::format("cannot {} {}: {}", act, path.string(), errno_text(errno)),
              "free some space or choose a writable place");
}

fs::path parent_folder(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

void remove_abandoned_files(const fs::path& folder) {
  remove_abandoned(folder, "");
}

std::string errno_text(int number) {
  return std::generic_category().message(number);
}

Result<std::string> read_file(const fs::path& path, std::uint64_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) {
    return fail(ErrorKind::bad_input, fmt::format("cannot open {}: {}", path.string(), errno_text(errno)));
  }
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return fail(ErrorKind::bad_input, fmt::format("{} is not a regular file", path.string()));
  }
  std::string content;
  content.reserve(static_cast<std::size_t>(facts.st_size));
  char block[1 << 16];
  while (true) {
    const ssize_t got = ::read(file.number(), block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return fail(ErrorKind::storage, fmt::format("{} cannot be read: {}", path.string(), errno_text(errno)));
    if (got == 0) return content;
    if (content.size() + static_cast<std::size_t>(got) > max_bytes) {
      return fail(ErrorKind::bad_input, fmt::format("{} is longer than {} bytes", path.string(), max_bytes));
    }
    content.append(block, static_cast<std::size_t>(got));
  }
}

Status publish_file(const fs::path& temporary, const fs::path& path) {
  {
    const Descriptor file(::open(temporary.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file || ::fsync(file.number()) != 0) return storage_failure(temporary, "sync");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return storage_failure(path, "write");
  const Descriptor folder(::open(parent_folder(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.number()) != 0) return storage_failure(parent_folder(path), "sync");
  return {};
}

Status write_file_atomically(const fs::path& path, std::string_view content) {
  TRY_ASSIGN(GrowingFile file, GrowingFile::begin(path));
  TRY(file.write(content));
  return file.publish();
}

Status make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  std::error_code ignored;
  if (error && !fs::is_directory(folder, ignored)) {
    return fail(ErrorKind::storage,
                fmt::format("cannot make folder {}: {}", folder.string(), error.message()),
                "choose a folder that you may write");
  }
  return {};
}

Status check_writable_folder(const fs::path& folder) {
  TRY(make_folders(folder));
  const fs::path probe = folder / fmt::format(".bantam.{}.tmp", ::getpid());
  const Descriptor file(::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) {
    return fail(ErrorKind::storage,
                fmt::format("cannot write in folder {}: {}", folder.string(), errno_text(errno)),
                "choose a folder that you may write");
  }
  ::unlink(probe.c_str());
  return {};
}

Result<fs::path> cache_folder() {
  if (const char* own = std::getenv("BANTAM_CACHE"); own && *own) return fs::path(own);
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg && *xdg) return fs::path(xdg) / "bantam";
  if (const char* home = std::getenv("HOME"); home && *home) return fs::path(home) / ".cache" / "bantam";
  return fail(ErrorKind::environment, "no cache folder: neither BANTAM_CACHE, XDG_CACHE_HOME nor HOME is set",
              "set BANTAM_CACHE to a writable folder");
}

}  // namespace bantam::base
