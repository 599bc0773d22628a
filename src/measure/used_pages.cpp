#include "measure/used_pages.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/files.hpp"
#include "base/text.hpp"
#include "device/kernel_files.hpp"

namespace bantam::measure {
namespace {

constexpr const char* kSmaps = "/proc/self/smaps";
constexpr const char* kClearRefs = "/proc/self/clear_refs";

// One mapping of smaps.
struct Mapped {
  std::string path;  // empty: anonymous
  std::int64_t rss = 0, pss = 0, referenced = 0, anonymous = 0;
};

void count(const Mapped& one, const std::set<std::string>& files, UsedPages& pages) {
  const bool is_file = one.path.starts_with('/') && !one.path.starts_with("/dev/") &&
                       !one.path.starts_with("/memfd:") && !one.path.starts_with("/SYSV");
  if (!is_file) {
    pages.private_bytes += one.rss;
    return;
  }
  pages.private_bytes += one.anonymous;  // written to: copies of its own
  if (files.contains(one.path)) {
    pages.file_used_bytes += one.referenced;
    pages.file_resident_bytes += one.rss;
  } else {
    pages.program_bytes += std::max<std::int64_t>(0, one.pss - one.anonymous);
  }
}

// "7f00-7f10 r-xp 00000000 08:01 1234   /usr/lib/x.so"
std::string path_of(std::string_view line) {
  const auto words = device::words(line);
  if (words.size() < 6) return "";
  return std::string(line.substr(static_cast<std::size_t>(words[5].data() - line.data())));
}

}  // namespace

UsedPages used_pages_in(std::string_view smaps, const std::set<std::string>& files) {
  UsedPages pages;
  Mapped one;
  for (const std::string& line : base::split(std::string(smaps), '\n')) {
    const auto words = device::words(line);
    if (words.empty()) continue;
    if (!words[0].ends_with(':')) {  // the next mapping's address range
      count(one, files, pages);
      one = {path_of(line)};
      continue;
    }
    const auto kibibytes = words.size() > 1 ? base::parse_integer(words[1]) : std::nullopt;
    if (!kibibytes) continue;
    const std::int64_t bytes = *kibibytes * 1024;
    if (words[0] == "Rss:") one.rss = bytes;
    if (words[0] == "Pss:") one.pss = bytes;
    if (words[0] == "Referenced:") one.referenced = bytes;
    if (words[0] == "Anonymous:") one.anonymous = bytes;
  }
  count(one, files, pages);
  return pages;
}

base::Status forget_used_pages() {
  const int file = ::open(kClearRefs, O_WRONLY | O_CLOEXEC);
  const bool is_done = file >= 0 && ::write(file, "1", 1) == 1;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (is_done) return {};
  return base::fail(base::ErrorKind::environment,
                    fmt::format("the kernel does not tell which pages are used: {}: {}", kClearRefs,
                                base::errno_text(error)));
}

base::Result<UsedPages> read_used_pages(const std::set<std::string>& files) {
  const auto smaps = device::read_text(kSmaps);
  if (!smaps) {
    return base::fail(
        base::ErrorKind::environment,
        fmt::format("the kernel does not tell which pages are used: {} cannot be read", kSmaps));
  }
  return used_pages_in(*smaps, files);
}

}  // namespace bantam::measure
