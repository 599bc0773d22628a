#include "store/runner_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <array>
#include <cerrno>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::store {
namespace {

// "another run (process 1234)"; without the number when the holder has not written it yet.
std::string holder(int descriptor) {
  std::array<char, 32> content{};
  const ssize_t length = ::pread(descriptor, content.data(), content.size(), 0);
  if (length <= 0) return "another run";
  const auto text = base::trim(std::string_view(content.data(), static_cast<std::size_t>(length)));
  return base::parse_integer(text) ? fmt::format("another run (process {})", text) : "another run";
}

}  // namespace

base::Result<RunnerLock> RunnerLock::take(const std::filesystem::path& store) {
  const std::string path = store.string() + ".lock";
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor < 0) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("cannot make {}: {}", base::printable(path), base::errno_text(errno)),
                      "choose a file in a folder that you may write, with --store");
  }
  RunnerLock lock(descriptor);
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return base::fail(base::ErrorKind::storage,
                        fmt::format("cannot lock {}: {}", base::printable(path), base::errno_text(errno)),
                        "put the store on a file system with file locks, with --store");
    }
    return base::fail(
        base::ErrorKind::environment,
        fmt::format("{} is using the store {}", holder(descriptor), base::printable(store.string())),
        "wait for it to end, or name another file with --store");
  }
  // Only for the message above; the lock holds without it.
  const std::string number = fmt::format("{}\n", ::getpid());
  if (::ftruncate(descriptor, 0) == 0)
    static_cast<void>(!::pwrite(descriptor, number.data(), number.size(), 0));
  return lock;
}

RunnerLock::~RunnerLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace bantam::store
