#pragma once
// Several requests at once, or at given times. Each has its own connection and thread, so that the time
// stamps of one do not wait for another.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "served/answer.hpp"
#include "served/client.hpp"
#include "served/request.hpp"

namespace bantam::served {

struct Load {
  std::vector<Request> requests = {};
  // When each is to be sent, in seconds from the beginning, not falling; as many as requests. Empty: as soon
  // as a stream is free.
  std::vector<double> arrivals_s = {};
  // Requests under way at the same time, at most. With arrivals as many as requests, so that none has to wait
  // for another.
  std::size_t streams = 1;
};

struct Served {
  // When it was to be sent, nanoseconds of base::MonotonicClock: a latency under load counts from here, not
  // from Answer::begin_ns, which is later when no stream was free.
  std::optional<std::int64_t> scheduled_ns;
  Answer answer;
};

struct LoadResult {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::vector<Served> answers;  // in the order of the requests; of those not sent the error is `interrupted`
};

// usage when streams are not 1 to 1024, or the arrivals do not fit; errors of Client::make(). A request that
// fails is among the answers. `stopped` is called by several threads at once.
base::Result<LoadResult> run_load(const Server& server, const Load& load,
                                  const Client::Stopped& stopped = {});

}  // namespace bantam::served
