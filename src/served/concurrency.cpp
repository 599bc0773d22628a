#include "served/concurrency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <system_error>
#include <thread>
#include <utility>

#include "base/clock.hpp"

namespace bantam::served {
namespace {

using base::ErrorKind;

constexpr std::size_t kMostStreams = 1024;
constexpr std::int64_t kLongestSleep_ns = 50'000'000;  // between two looks at `stopped`

base::Status check(const Load& load) {
  if (load.streams < 1 || load.streams > kMostStreams) {
    return base::fail(ErrorKind::usage, fmt::format("{} requests at once are asked for", load.streams),
                      fmt::format("ask for 1 to {}", kMostStreams));
  }
  if (load.arrivals_s.empty()) return {};
  const bool fits = load.arrivals_s.size() == load.requests.size() && load.arrivals_s.front() >= 0 &&
                    std::all_of(load.arrivals_s.begin(), load.arrivals_s.end(),
                                [](double s) { return std::isfinite(s); }) &&
                    std::is_sorted(load.arrivals_s.begin(), load.arrivals_s.end());
  if (fits) return {};
  return base::fail(ErrorKind::usage, "the times of arrival do not fit the requests",
                    "give one for each request, from 0 on, not falling");
}

// What the threads share. Each takes the next request.
struct Shared {
  const Load& load;
  const Client::Stopped& stopped;
  const base::MonotonicClock clock = {};
  std::int64_t begin_ns = 0;
  std::atomic<std::size_t> next = 0;
  std::vector<Served> answers = std::vector<Served>(load.requests.size());

  bool is_stopped() const { return stopped && stopped(); }

  // False when it was stopped before.
  bool wait_until(std::int64_t at_ns) const {
    while (!is_stopped()) {
      const std::int64_t left_ns = at_ns - clock.now_ns();
      if (left_ns <= 0) return true;
      std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left_ns, kLongestSleep_ns)));
    }
    return false;
  }
};

void answer_one(Shared& shared, Client& client, std::size_t at) {
  Served& served = shared.answers[at];
  if (!shared.load.arrivals_s.empty())
    served.scheduled_ns = shared.begin_ns + static_cast<std::int64_t>(shared.load.arrivals_s[at] * 1e9);
  if (!shared.wait_until(served.scheduled_ns.value_or(shared.begin_ns))) {
    served.answer.error = base::Error{ErrorKind::interrupted, "stopped before it was sent", ""};
    return;
  }
  served.answer = client.ask(shared.load.requests[at], shared.stopped);
}

void work(Shared& shared, Client& client) {
  for (std::size_t at = shared.next++; at < shared.load.requests.size(); at = shared.next++)
    answer_one(shared, client, at);
}

}  // namespace

base::Result<LoadResult> run_load(const Server& server, const Load& load, const Client::Stopped& stopped) {
  TRY(check(load));
  std::vector<Client> clients;
  const std::size_t streams = std::min(load.streams, load.requests.size());
  for (std::size_t i = 0; i < streams; ++i) {
    TRY_ASSIGN(Client client, Client::make(server));
    clients.push_back(std::move(client));
  }
  Shared shared{.load = load, .stopped = stopped};
  shared.begin_ns = shared.clock.now_ns();
  std::vector<std::thread> threads;
  bool has_all = true;
  try {
    for (Client& client : clients) threads.emplace_back([&shared, &client] { work(shared, client); });
  } catch (const std::system_error&) {
    has_all = false;
    shared.next = load.requests.size();
  }
  for (std::thread& thread : threads) thread.join();
  if (!has_all)
    return base::fail(ErrorKind::environment, fmt::format("this machine gives no {} threads", streams),
                      "ask for fewer requests at once");
  return LoadResult{shared.begin_ns, shared.clock.now_ns(), std::move(shared.answers)};
}

}  // namespace bantam::served
