#include "device/read_bandwidth.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include "base/address_space.hpp"
#include "base/clock.hpp"
#include "base/cpu_time.hpp"
#include "device/facts.hpp"
#include "stats/order.hpp"

namespace bantam::device {
namespace {

constexpr std::int64_t kLeastBytes = std::int64_t{2} << 30;
constexpr int kPasses = 7;

class Array {
 public:
  explicit Array(std::size_t bytes)
      : start_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
        bytes_(bytes) {
    if (start_ != MAP_FAILED) ::madvise(start_, bytes_, MADV_HUGEPAGE);
  }
  ~Array() {
    if (start_ != MAP_FAILED) ::munmap(start_, bytes_);
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  // Empty when there is no memory for it.
  std::span<std::uint64_t> words() const {
    if (start_ == MAP_FAILED) return {};
    return {static_cast<std::uint64_t*>(start_), bytes_ / sizeof(std::uint64_t)};
  }

 private:
  void* start_;
  std::size_t bytes_;
};

// Eight independent sums keep as many loads under way; the compiler makes vectors of them.
std::uint64_t add_words(std::span<const std::uint64_t> words) {
  std::array<std::uint64_t, 8> sums{};
  for (std::size_t i = 0; i + sums.size() <= words.size(); i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) sums[lane] += words[i + lane];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum += part;
  return sum;
}

// Runs `work` on equal parts of the words in so many threads at once; seconds until the last is done.
template <typename Work>
double seconds_on_parts(std::span<std::uint64_t> words, int threads, const Work& work) {
  const base::MonotonicClock clock;
  const std::size_t part = words.size() / static_cast<std::size_t>(threads);
  std::atomic<int> ready{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i) {
    workers.emplace_back([&, mine = words.subspan(static_cast<std::size_t>(i) * part, part)] {
      ++ready;
      while (!go.load(std::memory_order_acquire)) {
      }
      work(mine);
    });
  }
  while (ready.load() < threads) std::this_thread::yield();
  const std::int64_t begin_ns = clock.now_ns();
  go.store(true, std::memory_order_release);
  for (std::thread& worker : workers) worker.join();
  return base::seconds(clock.now_ns() - begin_ns);
}

std::int64_t array_bytes() {
  const Facts facts = read_facts(".");
  std::int64_t cache = 0;
  for (const Cache& level : facts.cpu.caches) cache = std::max(cache, level.bytes * level.count);
  const std::int64_t wanted = std::max(kLeastBytes, 4 * cache);
  std::int64_t available = facts.memory.available_bytes.value_or(4 * wanted);
  for (const auto& limit : {facts.limits.memory_bytes, base::address_space_limit()}) {
    if (limit) available = std::min(available, *limit);
  }
  return std::min(wanted, available / 4);
}

}  // namespace

base::Result<ReadBandwidth> measure_read_bandwidth(int threads) {
  ReadBandwidth result;
  result.array_bytes = array_bytes();
  const Array array(static_cast<std::size_t>(result.array_bytes));
  const auto words = array.words();
  if (words.empty()) {
    return base::fail(base::ErrorKind::environment,
                      fmt::format("no memory for an array of {} bytes", result.array_bytes),
                      "close other programs");
  }
  // Written once: pages that were never written would all be the same one.
  seconds_on_parts(words, threads, [](std::span<std::uint64_t> part) { std::ranges::fill(part, 1); });
  std::atomic<std::uint64_t> sink{0};
  std::vector<double> seconds;
  double asked_s = 0.0;
  const double cpu_before_s = base::own_cpu_s();
  for (int pass = 0; pass < kPasses; ++pass) {
    seconds.push_back(seconds_on_parts(words, threads,
                                       [&sink](std::span<std::uint64_t> part) { sink += add_words(part); }));
    asked_s += seconds.back() * threads;
  }
  const double share = (base::own_cpu_s() - cpu_before_s) / asked_s;
  result.bytes_per_s = static_cast<double>(words.size_bytes()) / *stats::median(seconds);
  result.spread = stats::with_share(stats::spread_of(seconds), share);
  return result;
}

}  // namespace bantam::device
