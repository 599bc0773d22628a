#include "measure/private_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/files.hpp"
#include "device/kernel_files.hpp"

namespace bantam::measure {
namespace {

// Absent when the program has ended: the open file belongs to it alone, even if its id is given out again.
std::optional<std::int64_t> private_bytes_in(int status_file) {
  std::array<char, 8192> content{};
  const ssize_t length = ::pread(status_file, content.data(), content.size(), 0);
  if (length <= 0) return std::nullopt;
  const std::string_view status(content.data(), static_cast<std::size_t>(length));
  const auto anonymous = device::integer_field(status, "RssAnon");
  const auto shared = device::integer_field(status, "RssShmem");
  if (!anonymous || !shared) return std::nullopt;
  return (*anonymous + *shared) * 1024;
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
  while (!asked_to_stop.stop_requested()) {
    const auto bytes = private_bytes_in(status_file);
    if (!bytes) return;
    seen_.peak_bytes = std::max(seen_.peak_bytes.value_or(0), *bytes);
    ++seen_.samples;
    woken.wait_for(lock, asked_to_stop, period_, [] { return false; });
  }
}

}  // namespace bantam::measure
