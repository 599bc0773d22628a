#pragma once
// What is served at the moment. The stores are looked at when somebody asks, and at most every two seconds;
// results are made anew only when others are finished, by one thread. Knows neither HTTP nor how results are
// made.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "serve/patience.hpp"
#include "serve/watch.hpp"

namespace bantam::serve {

// Never changed once they are made.
struct Results {
  std::vector<base::Json> datasets;  // none: nothing is measured yet
  std::string data;                  // {"datasets": [...]}
  std::string tag;                   // of `data`, as an entity tag with its quotes
};

struct State {
  std::shared_ptr<const Results> results;  // never null
  Seen seen;
  std::string problem;          // why there are no newer results; empty: nothing is wrong
  bool is_waiting = false;      // new results wait until something timed has ended
  std::optional<double> age_s;  // since the results changed; absent where there are none or it is not known
};

// What a dataset is made of was finished last at this time, seconds since 1970; absent where it is not known.
struct Made {
  std::vector<base::Json> datasets;
  std::optional<std::int64_t> newest_s;
};

enum class Need { progress, results };

class Board {
 public:
  using Look = std::function<Seen()>;
  using Make = std::function<base::Result<Made>()>;

  // Both are called by one thread at a time: that of begin(), then the one of start().
  Board(Look look, Make make, std::chrono::milliseconds between_looks = std::chrono::seconds(2));
  ~Board();
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // The first look and the first results. An error of `make` is passed on.
  base::Status begin();
  // From now on there are further ones.
  void start();
  // As it is after a look that is no older than `between_looks`, for which it waits, a second at most; with
  // Need::results also until they are made, ten seconds at most.
  State state(Need need);
  // Ends the waiting of others. False when the thread is still making results after `patience`: then only the
  // end of the process ends it, and the destructor waits for it.
  bool stop(std::chrono::milliseconds patience);

 private:
  using Clock = std::chrono::steady_clock;
  struct Fresh;
  Seen look_once() const;
  Fresh make_once() const;
  void work();
  // The caller holds the lock. Whether the results are to be made anew.
  bool take_in(Seen seen);
  // The caller holds the lock. `results` are those that were seen before they were made.
  void take_in(Fresh fresh, const std::string& results);

  const Look look_;
  const Make make_;
  const std::chrono::milliseconds between_looks_;

  std::mutex mutex_;
  std::condition_variable asked_for_;
  std::condition_variable done_;
  std::thread thread_;
  bool is_asked_ = false;
  bool is_looking_ = false;
  bool is_making_ = false;
  bool is_stopping_ = false;
  bool has_ended_ = true;
  Clock::time_point looked_at_;
  Patience patience_;
  std::string made_from_;    // Seen::results of what is shown
  std::string failed_from_;  // ... and of what could not be made
  std::optional<Clock::time_point> failed_at_;
  std::optional<Clock::time_point> changed_at_;
  std::optional<std::int64_t> newest_s_;
  State state_;
};

}  // namespace bantam::serve
