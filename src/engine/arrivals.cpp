#include "engine/arrivals.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

namespace bantam::engine {

bool have_arrivals(std::span<const GenerateRequest> requests) {
  return std::ranges::any_of(requests,
                             [](const GenerateRequest& request) { return request.arrival_ns.has_value(); });
}

ArrivalQueue::ArrivalQueue(std::span<const GenerateRequest> requests, std::int64_t now_ns)
    : order_(requests.size()) {
  arrival_ns_.reserve(requests.size());
  for (const GenerateRequest& request : requests) arrival_ns_.push_back(request.arrival_ns.value_or(now_ns));
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::ranges::stable_sort(order_, {}, [this](std::size_t request) { return arrival_ns_[request]; });
}

std::optional<std::size_t> ArrivalQueue::take(std::int64_t now_ns) {
  const auto next = next_ns();
  if (!next || *next > now_ns) return std::nullopt;
  return order_[next_++];
}

std::optional<std::int64_t> ArrivalQueue::next_ns() const {
  if (next_ == order_.size()) return std::nullopt;
  return arrival_ns_[order_[next_]];
}

void wait_until(const base::Clock& clock, std::int64_t time_ns, Heartbeat* heartbeat) {
  constexpr std::int64_t kAwakeNs = 200'000;
  constexpr std::int64_t kLongestSleepNs = 100'000'000;
  while (true) {
    const std::int64_t left_ns = time_ns - clock.now_ns();
    if (left_ns <= 0) return;
    if (heartbeat != nullptr) heartbeat->fetch_add(1, std::memory_order_relaxed);
    if (left_ns > kAwakeNs) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left_ns - kAwakeNs, kLongestSleepNs)));
    }
  }
}

}  // namespace bantam::engine
