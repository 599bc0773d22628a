#include "measure/memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "measure/memory_line.hpp"

namespace bantam::measure {
namespace {

constexpr int kLongestPauseInPeriods = 4;
constexpr std::size_t kMostHeld = 512;  // points; thinned to half as many when they are that many

// "RssAnon:     1234 kB" at the start of `lines`, in bytes; takes the line off.
std::optional<std::int64_t> take_bytes(std::string_view& lines, std::string_view key) {
  if (!lines.starts_with(key)) return std::nullopt;
  std::string_view line = lines.substr(0, lines.find('\n'));
  lines.remove_prefix(std::min(line.size() + 1, lines.size()));
  line.remove_prefix(std::min(line.find_first_not_of(" \t:", key.size()), line.size()));
  const auto kibibytes = base::parse_integer(line.substr(0, line.find(' ')));
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

// Absent when the program has ended: the open file belongs to it alone, even if its id is given out again.
std::optional<record::MemoryPoint> point_in(int status_file, double seconds) {
  std::array<char, 8192> content{};
  const ssize_t length = ::pread(status_file, content.data(), content.size(), 0);
  if (length <= 0) return std::nullopt;
  std::string_view status(content.data(), static_cast<std::size_t>(length));
  // The kernel writes the three one below the other (fs/proc/task_mmu.c).
  status.remove_prefix(std::min(status.find("RssAnon"), status.size()));
  const auto anonymous = take_bytes(status, "RssAnon");
  const auto file = take_bytes(status, "RssFile");
  const auto shared = take_bytes(status, "RssShmem");
  if (!anonymous || !file || !shared) return std::nullopt;
  return record::MemoryPoint{seconds, *anonymous + *file + *shared, *anonymous + *shared};
}

}  // namespace

PrivateMemorySampler::PrivateMemorySampler(std::chrono::milliseconds period, std::filesystem::path proc)
    : period_(period), proc_(std::move(proc)) {}

PrivateMemorySampler::~PrivateMemorySampler() {
  stop();
}

base::Status PrivateMemorySampler::start(pid_t pid) {
  stop();
  seen_ = {};
  seen_.points.reserve(kMostHeld);
  const auto path = proc_ / fmt::format("{}", pid) / "status";
  const int status_file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (status_file < 0) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("cannot read {}: {}", path.string(), base::errno_text(errno)));
  }
  thread_ = std::jthread([this, status_file](const std::stop_token& asked_to_stop) {
    sample_until(asked_to_stop, status_file);
    ::close(status_file);
  });
  return {};
}

PrivateMemory PrivateMemorySampler::stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
  return std::exchange(seen_, {});
}

void PrivateMemorySampler::sample_until(const std::stop_token& asked_to_stop, int status_file) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  auto pause = period_;
  const base::MonotonicClock clock;
  const std::int64_t start_ns = clock.now_ns();
  while (!asked_to_stop.stop_requested()) {
    const auto point = point_in(status_file, base::seconds(clock.now_ns() - start_ns));
    if (!point) return;
    const bool is_growing = point->private_bytes > seen_.peak_bytes.value_or(0);
    if (is_growing) seen_.peak_bytes = point->private_bytes;
    ++seen_.samples;
    if (seen_.points.size() == kMostHeld) seen_.within_bytes += thin(seen_.points, kMostHeld / 2);
    seen_.points.push_back(*point);
    pause = is_growing ? period_ : std::min(pause * 2, period_ * kLongestPauseInPeriods);
    woken.wait_for(lock, asked_to_stop, pause, [] { return false; });
  }
}

namespace {

constexpr double kMostLeftShare = 0.001;
constexpr double kLeastResidentShare = 0.99;

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (number_ >= 0) ::close(number_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

class Mapping {
 public:
  Mapping(int file, std::size_t bytes)
      : start_(::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0)), bytes_(bytes) {}
  ~Mapping() {
    if (start_ != MAP_FAILED) ::munmap(start_, bytes_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  // Null when the file could not be mapped.
  std::byte* start() const { return start_ == MAP_FAILED ? nullptr : static_cast<std::byte*>(start_); }

 private:
  void* start_;
  std::size_t bytes_;
};

tl::unexpected<base::Error> failure(const std::filesystem::path& file, std::string_view act) {
  return base::fail(base::ErrorKind::environment,
                    fmt::format("cannot {} {}: {}", act, file.string(), base::errno_text(errno)));
}

base::Result<struct stat> file_status(const OpenFile& opened, const std::filesystem::path& file) {
  struct stat facts {};
  if (opened.number() < 0 || ::fstat(opened.number(), &facts) != 0) {
    return base::fail(base::ErrorKind::bad_input,
                      fmt::format("cannot open {}: {}", file.string(), base::errno_text(errno)));
  }
  if (!S_ISREG(facts.st_mode)) {
    return base::fail(base::ErrorKind::bad_input, fmt::format("{} is not a regular file", file.string()));
  }
  return facts;
}

base::Status read_whole(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::vector<char> block(std::size_t{1} << 20);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size()))) {
  }
  if (in.eof()) return {};
  return base::fail(
      base::ErrorKind::storage,
      fmt::format("{} cannot be read: {}", file.string(), base::errno_text(errno == 0 ? EIO : errno)),
      "check the disk, or copy the file to another one");
}

}  // namespace

base::Result<std::int64_t> resident_bytes(const std::filesystem::path& file) {
  const OpenFile opened(file);
  TRY_ASSIGN(const struct stat facts, file_status(opened, file));
  // To anyone else the kernel reports every page as resident (mincore(2), since Linux 5.2).
  if (facts.st_uid != ::geteuid() && ::access(file.c_str(), W_OK) != 0) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("the kernel does not tell which pages of {} are in memory", file.string()),
                      "run as the file's owner");
  }
  if (facts.st_size == 0) return 0;
  const auto size = static_cast<std::size_t>(facts.st_size);
  const Mapping mapping(opened.number(), size);
  if (mapping.start() == nullptr) return failure(file, "map");
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> in_memory(std::size_t{1} << 16);
  std::int64_t pages = 0;
  for (std::size_t offset = 0; offset < size; offset += in_memory.size() * page) {
    const std::size_t span = std::min(in_memory.size() * page, size - offset);
    if (::mincore(mapping.start() + offset, span, in_memory.data()) != 0) return failure(file, "inspect");
    const auto end = in_memory.begin() + static_cast<std::ptrdiff_t>((span + page - 1) / page);
    pages += std::count_if(in_memory.begin(), end, [](unsigned char flags) { return (flags & 1U) != 0; });
  }
  return std::min(pages * static_cast<std::int64_t>(page), static_cast<std::int64_t>(size));
}

base::Status evict(const std::filesystem::path& file) {
  {
    const OpenFile opened(file);
    TRY(file_status(opened, file));
    if (::fsync(opened.number()) != 0) return failure(file, "write back");
    const int error = ::posix_fadvise(opened.number(), 0, 0, POSIX_FADV_DONTNEED);
    if (error != 0) {
      errno = error;
      return failure(file, "evict");
    }
  }
  TRY_ASSIGN(const std::int64_t left, resident_bytes(file));
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!error && static_cast<double>(left) <= kMostLeftShare * static_cast<double>(size)) return {};
  return base::fail(base::ErrorKind::environment,
                    fmt::format("{} of {} stay in memory after eviction",
                                base::format_bytes(static_cast<double>(left)), file.string()),
                    "end other programs that map the file, and keep it on a disk");
}

base::Status make_resident(const std::filesystem::path& file) {
  TRY(read_whole(file));
  const auto resident = resident_bytes(file);
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  if (!resident || error ||
      static_cast<double>(*resident) >= kLeastResidentShare * static_cast<double>(size)) {
    return {};
  }
  return base::fail(base::ErrorKind::environment,
                    fmt::format("only {} of {} stay in memory after reading it",
                                base::format_bytes(static_cast<double>(*resident)), file.string()));
}

}  // namespace bantam::measure
