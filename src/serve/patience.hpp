#pragma once
// When results may be added up anew while a run is measuring: not in the middle of something that is timed,
// as far as its store shows it. Knows nothing of clocks.

#include <optional>
#include <string>

#include "serve/watch.hpp"

namespace bantam::serve {

class Patience {
 public:
  // After each look; seconds on a clock that never goes back.
  void observe(const Seen& seen, double now_s);
  // Whether new results have to wait now. Not when nothing timed has moved for two minutes, as after an
  // interruption, and not longer than five minutes.
  bool has_to_wait(double now_s);
  // There are no new results any more: they were made.
  void forget() { waiting_since_s_.reset(); }

 private:
  bool is_running_ = false;
  std::string timed_;  // open attempts of kinds that are timed, with how far they are
  double moved_s_ = 0.0;
  std::optional<double> waiting_since_s_;
};

}  // namespace bantam::serve
