#pragma once
// A clock that a test sets by hand.

#include "base/clock.hpp"

namespace bantam::support {

class FakeClock final : public base::Clock {
 public:
  std::int64_t now_ns() const override { return now_; }
  void advance_s(double seconds) { now_ += static_cast<std::int64_t>(seconds * 1e9); }

 private:
  std::int64_t now_ = 1'000'000'000;
};

}  // namespace bantam::support
