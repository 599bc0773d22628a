#pragma once
// Requests that arrive while others are computed: which one is begun next, and waiting for it. Knows nothing
// of models.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "engine/engine.hpp"

namespace bantam::engine {

// Whether any of them has a time of arrival.
bool have_arrivals(std::span<const GenerateRequest> requests);

// First come, first served; of requests that arrive at the same time the one that stands first.
class ArrivalQueue {
 public:
  // A request without a time of arrival arrives at `now_ns`.
  ArrivalQueue(std::span<const GenerateRequest> requests, std::int64_t now_ns);

  // The position of the next request if it has arrived by `now_ns`; it leaves the queue.
  std::optional<std::size_t> take(std::int64_t now_ns);
  // When the next request arrives, or has arrived; absent when none is left.
  std::optional<std::int64_t> next_ns() const;
  std::int64_t arrival_ns(std::size_t request) const { return arrival_ns_[request]; }

 private:
  std::vector<std::int64_t> arrival_ns_;  // by request
  std::vector<std::size_t> order_;
  std::size_t next_ = 0;  // in order_
};

// Sleeps until the clock shows `time_ns`, and wakes up now and then to count `heartbeat` up, which may be
// null. The last part is spent awake, as sleeping is not exact.
void wait_until(const base::Clock& clock, std::int64_t time_ns, Heartbeat* heartbeat);

}  // namespace bantam::engine
