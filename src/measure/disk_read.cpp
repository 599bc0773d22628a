#include "measure/disk_read.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "measure/memory.hpp"

namespace bantam::measure {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kBlocks = 256;

tl::unexpected<base::Error> failed(ErrorKind kind, const char* what) {
  return base::fail(kind, fmt::format("the speed of the disk: {}: {}", what, base::errno_text(errno)));
}

// Taken away at the end.
class FileOfOurs {
 public:
  explicit FileOfOurs(const std::filesystem::path& folder)
      : name_((folder / "disk-read-XXXXXX").string()), file_(::mkostemp(name_.data(), O_CLOEXEC)) {}
  ~FileOfOurs() {
    std::error_code ignored;
    if (file_) std::filesystem::remove(name_, ignored);
  }
  FileOfOurs(const FileOfOurs&) = delete;
  FileOfOurs& operator=(const FileOfOurs&) = delete;

  int number() const { return file_.number(); }
  std::filesystem::path path() const { return name_; }

 private:
  std::string name_;
  base::Descriptor file_;
};

// Content that no disk makes smaller.
Status fill(int file) {
  std::vector<char> block(kBlock);
  std::uint64_t state = 1;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    for (std::size_t at = 0; at + sizeof state <= block.size(); at += sizeof state) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      std::memcpy(block.data() + at, &state, sizeof state);
    }
    if (::write(file, block.data(), block.size()) != static_cast<ssize_t>(block.size()))
      return failed(ErrorKind::storage, "a file cannot be written");
  }
  return {};
}

}  // namespace

Result<DiskRead> measure_disk_read(const std::filesystem::path& folder) {
  const FileOfOurs file(folder);
  if (file.number() < 0) return failed(ErrorKind::storage, "a file cannot be made");
  TRY(fill(file.number()));
  TRY(evict(file.path()));
  if (::lseek(file.number(), 0, SEEK_SET) != 0)
    return failed(ErrorKind::environment, "a file cannot be read");
  std::vector<char> block(kBlock);
  const base::MonotonicClock clock;
  const std::int64_t begin_ns = clock.now_ns();
  std::int64_t bytes = 0;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    const ssize_t got = ::read(file.number(), block.data(), block.size());
    if (got <= 0) return failed(ErrorKind::environment, "a file cannot be read");
    bytes += got;
  }
  return DiskRead{static_cast<double>(bytes) / base::seconds(clock.now_ns() - begin_ns), bytes};
}

}  // namespace bantam::measure
