#include "serve/board.hpp"

#include <algorithm>
#include <ctime>
#include <exception>
#include <utility>

#include "base/hash.hpp"

namespace bantam::serve {
namespace {

constexpr auto kLongestWaitForLook = std::chrono::seconds(1);
constexpr auto kLongestWaitForResults = std::chrono::seconds(10);
constexpr std::size_t kTagDigits = 32;

std::shared_ptr<const Results> results_of(std::vector<base::Json> datasets) {
  Results results;
  results.data = base::to_text(base::Json{{"datasets", datasets}});
  results.datasets = std::move(datasets);
  results.tag = '"' + base::sha256(results.data).substr(0, kTagDigits) + '"';
  return std::make_shared<const Results>(std::move(results));
}

// What failed is tried again after so long, or when the stores have changed.
constexpr auto kBetweenTries = std::chrono::seconds(30);

double seconds_of(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

}  // namespace

// What a make gave: results, or why there are none.
struct Board::Fresh {
  std::shared_ptr<const Results> results;  // null after an error
  std::optional<std::int64_t> newest_s;
  std::optional<base::Error> error;
};

Board::Board(Look look, Make make, std::chrono::milliseconds between_looks)
    : look_(std::move(look)), make_(std::move(make)), between_looks_(between_looks) {
  state_.results = results_of({});
}

Board::~Board() {
  stop(std::chrono::milliseconds(0));
  if (thread_.joinable()) thread_.join();
}

// What a library throws must not end the process from a thread.
Seen Board::look_once() const {
  try {
    return look_();
  } catch (const std::exception& error) {
    Seen seen;
    seen.problem = std::string("unexpected: ") + error.what();
    return seen;
  }
}

Board::Fresh Board::make_once() const {
  try {
    auto made = make_();
    if (!made) return {nullptr, {}, std::move(made).error()};
    return {results_of(std::move(made->datasets)), made->newest_s, {}};
  } catch (const std::exception& error) {
    return {nullptr,
            {},
            base::Error{base::ErrorKind::environment, std::string("unexpected: ") + error.what(), ""}};
  }
}

base::Status Board::begin() {
  Seen seen = look_once();
  made_from_ = seen.results;
  patience_.observe(seen, seconds_of(Clock::now()));
  state_.problem = seen.problem;
  state_.seen = std::move(seen);
  Fresh fresh = make_once();
  if (fresh.error) return tl::unexpected(*std::move(fresh.error));
  newest_s_ = fresh.newest_s;
  state_.results = std::move(fresh.results);
  looked_at_ = Clock::now();
  return {};
}

void Board::start() {
  has_ended_ = false;
  thread_ = std::thread([this] { work(); });
}

bool Board::take_in(Seen seen) {
  const auto now = Clock::now();
  patience_.observe(seen, seconds_of(now));
  const bool is_new = seen.problem.empty() && seen.results != made_from_;
  if (!is_new) patience_.forget();
  state_.is_waiting = is_new && patience_.has_to_wait(seconds_of(now));
  if (!seen.problem.empty() || !is_new) state_.problem = seen.problem;
  const bool failed_just_now =
      failed_at_ && seen.results == failed_from_ && now - *failed_at_ < kBetweenTries;
  state_.seen = std::move(seen);
  return is_new && !state_.is_waiting && !failed_just_now;
}

void Board::take_in(Fresh fresh, const std::string& results) {
  patience_.forget();
  state_.problem = fresh.error ? fresh.error->message : "";
  if (fresh.error) {
    failed_from_ = results;
    failed_at_ = Clock::now();
    return;
  }
  failed_at_.reset();
  made_from_ = results;
  if (fresh.results->tag == state_.results->tag) return;
  changed_at_ = Clock::now();
  state_.results = std::move(fresh.results);
}

void Board::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    asked_for_.wait(lock, [this] { return is_asked_ || is_stopping_; });
    if (is_stopping_) break;
    is_asked_ = false;
    is_looking_ = true;
    lock.unlock();
    Seen seen = look_once();
    lock.lock();
    const std::string results = seen.results;
    is_making_ = take_in(std::move(seen));
    is_looking_ = false;
    looked_at_ = Clock::now();
    done_.notify_all();
    if (!is_making_) continue;
    lock.unlock();
    Fresh fresh = make_once();
    lock.lock();
    take_in(std::move(fresh), results);
    is_making_ = false;  // what was seen is as old as the look before it
    done_.notify_all();
  }
  has_ended_ = true;
  done_.notify_all();
}

State Board::state(Need need) {
  std::unique_lock lock(mutex_);
  if (!is_looking_ && !is_making_ && Clock::now() - looked_at_ >= between_looks_) {
    is_asked_ = true;
    asked_for_.notify_one();
  }
  const bool wants_results = need == Need::results;
  done_.wait_for(lock, wants_results ? kLongestWaitForResults : kLongestWaitForLook, [&] {
    return has_ended_ || is_stopping_ || (!is_asked_ && !is_looking_ && !(wants_results && is_making_));
  });
  State state = state_;
  if (state.results->datasets.empty()) return state;
  if (changed_at_) {
    state.age_s = std::chrono::duration<double>(Clock::now() - *changed_at_).count();
  } else if (newest_s_) {
    state.age_s = std::max(0.0, static_cast<double>(std::time(nullptr) - *newest_s_));
  }
  return state;
}

bool Board::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  is_stopping_ = true;
  asked_for_.notify_all();
  done_.notify_all();
  return done_.wait_for(lock, patience, [this] { return has_ended_; });
}

}  // namespace bantam::serve
