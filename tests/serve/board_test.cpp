#include "serve/board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <stdexcept>

namespace bantam::serve {
namespace {

using testing::HasSubstr;

// What the stores hold, as the board is told.
class BoardTest : public testing::Test {
 protected:
  Board::Look look() {
    return [this] {
      ++looks_;
      const std::lock_guard lock(mutex_);
      return seen_;
    };
  }
  Board::Make make() {
    return [this]() -> base::Result<Made> {
      const int number = ++makes_;
      const std::lock_guard lock(mutex_);
      if (error_ == "thrown") throw std::runtime_error("it threw");
      if (!error_.empty()) return base::fail(base::ErrorKind::integrity, error_);
      return Made{{base::Json{{"made", number}}}, newest_s_};
    };
  }
  void see(const std::string& results) {
    const std::lock_guard lock(mutex_);
    seen_.is_there = true;
    seen_.results = results;
  }
  void fail_with(const std::string& error) {
    const std::lock_guard lock(mutex_);
    error_ = error;
  }

  std::atomic<int> looks_ = 0;
  std::atomic<int> makes_ = 0;
  std::mutex mutex_;
  Seen seen_;
  std::string error_;
  std::optional<std::int64_t> newest_s_;
};

constexpr auto kAtOnce = std::chrono::milliseconds(0);
constexpr auto kNever = std::chrono::hours(1);

TEST_F(BoardTest, HasTheFirstResultsAtOnce) {
  see("a");
  Board board(look(), make(), kNever);
  EXPECT_TRUE(board.state(Need::results).results->datasets.empty());
  ASSERT_TRUE(board.begin());
  const State state = board.state(Need::results);
  EXPECT_EQ(state.results->data, R"({"datasets":[{"made":1}]})");
  EXPECT_EQ(state.results->tag.size(), 34U);
  EXPECT_TRUE(state.seen.is_there);
}

TEST_F(BoardTest, PassesOnWhatWentWrongAtFirst) {
  fail_with("damaged");
  Board board(look(), make(), kNever);
  const auto begun = board.begin();
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().kind, base::ErrorKind::integrity);
  EXPECT_EQ(begun.error().message, "damaged");
}

TEST_F(BoardTest, LooksOnlyWhenItIsAskedAndNotTooOften) {
  see("a");
  Board board(look(), make(), kNever);
  ASSERT_TRUE(board.begin());
  board.start();
  for (int i = 0; i < 5; ++i) board.state(Need::results);
  EXPECT_EQ(looks_, 1);
  EXPECT_EQ(makes_, 1);
}

TEST_F(BoardTest, MakesResultsAnewOnlyWhenOthersAreFinished) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  const std::string first = board.state(Need::results).results->tag;
  EXPECT_EQ(board.state(Need::results).results->tag, first);
  EXPECT_GE(looks_, 2);
  EXPECT_EQ(makes_, 1);
  see("b");
  const State after = board.state(Need::results);
  EXPECT_EQ(after.results->data, R"({"datasets":[{"made":2}]})");
  EXPECT_NE(after.results->tag, first);
  ASSERT_TRUE(after.age_s);
  board.state(Need::results);
  EXPECT_EQ(makes_, 2);
}

TEST_F(BoardTest, KeepsWhatItHasWhenTheStoreCannotBeRead) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  fail_with("damaged");
  see("b");
  const State broken = board.state(Need::results);
  EXPECT_EQ(broken.results->data, R"({"datasets":[{"made":1}]})");
  EXPECT_EQ(broken.problem, "damaged");
  const int tries = makes_;
  EXPECT_EQ(board.state(Need::results).problem, "damaged");
  EXPECT_EQ(makes_, tries) << "what failed just now is not tried again at each look";
  fail_with("");
  see("c");
  const State mended = board.state(Need::results);
  EXPECT_EQ(mended.problem, "");
  EXPECT_NE(mended.results->data, broken.results->data);
}

TEST_F(BoardTest, SurvivesWhatALibraryThrows) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  fail_with("thrown");
  see("b");
  EXPECT_THAT(board.state(Need::results).problem, HasSubstr("it threw"));
}

TEST_F(BoardTest, AProblemOfALookIsTold) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  {
    const std::lock_guard lock(mutex_);
    seen_.problem = "x.db is not a bantam store";
    seen_.results = "";
  }
  EXPECT_EQ(board.state(Need::progress).problem, "x.db is not a bantam store");
  EXPECT_EQ(board.state(Need::results).results->data, R"({"datasets":[{"made":1}]})");
  EXPECT_EQ(makes_, 1);
}

TEST_F(BoardTest, NewResultsWaitForWhatIsTimed) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  {
    const std::lock_guard lock(mutex_);
    seen_.results = "b";
    seen_.is_running = true;
    seen_.open = {{"nano", "int4", "performance", "", 1, 2, 0}};
  }
  const State waiting = board.state(Need::results);
  EXPECT_TRUE(waiting.is_waiting);
  EXPECT_EQ(makes_, 1);
  {
    const std::lock_guard lock(mutex_);
    seen_.open.clear();
  }
  const State after = board.state(Need::results);
  EXPECT_FALSE(after.is_waiting);
  EXPECT_EQ(after.results->data, R"({"datasets":[{"made":2}]})");
}

TEST_F(BoardTest, TellsTheAgeOfResultsThatWereThereBefore) {
  see("a");
  newest_s_ = std::time(nullptr) - 3600;
  Board board(look(), make(), kNever);
  ASSERT_TRUE(board.begin());
  const auto age_s = board.state(Need::progress).age_s;
  ASSERT_TRUE(age_s);
  EXPECT_GE(*age_s, 3600.0);
  EXPECT_LT(*age_s, 7200.0);
}

TEST_F(BoardTest, AskingAfterTheEndDoesNotWait) {
  see("a");
  Board board(look(), make(), kAtOnce);
  ASSERT_TRUE(board.begin());
  board.start();
  EXPECT_TRUE(board.stop(std::chrono::seconds(60)));
  EXPECT_EQ(board.state(Need::results).results->data, R"({"datasets":[{"made":1}]})");
}

}  // namespace
}  // namespace bantam::serve
