#include "serve/patience.hpp"

#include <gtest/gtest.h>

namespace bantam::serve {
namespace {

Seen running(const std::string& task, std::int64_t trials = 0) {
  Seen seen;
  seen.is_there = seen.is_running = true;
  seen.open = {{"nano", "int4", task, "", 0, trials, 0}};
  return seen;
}

TEST(Patience, WaitsWhileSomethingTimedIsMeasured) {
  Patience patience;
  patience.observe(running("performance"), 1000.0);
  EXPECT_TRUE(patience.has_to_wait(1000.0));
  patience.observe(running("performance", 1), 1060.0);
  EXPECT_TRUE(patience.has_to_wait(1060.0));
  Seen over = running("performance", 1);
  over.open.clear();
  patience.observe(over, 1070.0);
  EXPECT_FALSE(patience.has_to_wait(1070.0));
}

TEST(Patience, DoesNotWaitForWhatIsNotTimed) {
  Patience patience;
  patience.observe(running("arc_easy"), 1000.0);
  EXPECT_FALSE(patience.has_to_wait(1000.0));
}

TEST(Patience, DoesNotWaitForWhatWasInterrupted) {
  Patience patience;
  Seen left = running("performance");
  left.is_running = false;
  patience.observe(left, 1000.0);
  EXPECT_FALSE(patience.has_to_wait(1000.0)) << "nobody has the store";
  patience.observe(running("performance"), 1000.0);
  EXPECT_TRUE(patience.has_to_wait(1100.0));
  EXPECT_FALSE(patience.has_to_wait(1120.0)) << "another run has it, and this cell has not moved";
}

TEST(Patience, HasAnEnd) {
  Patience patience;
  for (int i = 0; i <= 29; ++i) {
    patience.observe(running("energy", i), 1000.0 + 10.0 * i);
    EXPECT_TRUE(patience.has_to_wait(1000.0 + 10.0 * i)) << i;
  }
  patience.observe(running("energy", 30), 1300.0);
  EXPECT_FALSE(patience.has_to_wait(1300.0));
  patience.forget();
  patience.observe(running("energy", 31), 1301.0);
  EXPECT_TRUE(patience.has_to_wait(1301.0)) << "the next results wait anew";
}

}  // namespace
}  // namespace bantam::serve
