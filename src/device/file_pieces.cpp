#include "device/file_pieces.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <bit>

#include "device/kernel_files.hpp"

namespace bantam::device {
namespace {

constexpr std::int64_t kLargestBytes = std::int64_t{2} << 20;

}  // namespace

std::int64_t file_piece_bytes(const std::filesystem::path& path, const std::filesystem::path& root) {
  const std::int64_t page_bytes = ::sysconf(_SC_PAGESIZE);
  std::filesystem::path there = std::filesystem::absolute(path);
  struct stat facts {};
  while (::stat(there.c_str(), &facts) != 0) {
    if (!there.has_relative_path()) return page_bytes;
    there = there.parent_path();
  }
  auto kibibytes = read_integer(
      root / fmt::format("sys/class/bdi/{}:{}/read_ahead_kb", major(facts.st_dev), minor(facts.st_dev)));
  if (!kibibytes) {  // a partition: what its disk has
    kibibytes = read_integer(root / fmt::format("sys/dev/block/{}:{}/../queue/read_ahead_kb",
                                                major(facts.st_dev), minor(facts.st_dev)));
  }
  const std::int64_t bytes = std::clamp(kibibytes.value_or(0), std::int64_t{0}, kLargestBytes >> 10) << 10;
  return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(std::max(page_bytes, bytes))));
}

}  // namespace bantam::device
