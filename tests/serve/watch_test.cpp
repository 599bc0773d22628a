#include "serve/watch.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "base/files.hpp"
#include "store/runner_lock.hpp"
#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace bantam::serve {
namespace {

class WatchTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }

  static void finish(const std::filesystem::path& path, const std::string& key) {
    store::Store store = store::Store::open(path).value();
    record::Record record;
    record.cell_key = key;
    record.model = "nano";
    record.precision = "int4";
    record.task = "performance";
    record.attempt = store.begin_attempt(record).value();
    ASSERT_TRUE(store.finish(record));
  }

  // As if it had been written long ago: what does not change is not read again.
  static void make_old(const std::filesystem::path& path) {
    std::filesystem::last_write_time(path,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }

  support::TempDir folder_;
};

TEST_F(WatchTest, AStoreMayComeLater) {
  Watch watch({path("a.db")});
  EXPECT_FALSE(watch.look().is_there);
  EXPECT_EQ(watch.look().problem, "");
  finish(path("a.db"), "k1");
  const Seen seen = watch.look();
  EXPECT_TRUE(seen.is_there);
  EXPECT_FALSE(seen.is_running);
  EXPECT_EQ(seen.finished, 1);
}

TEST_F(WatchTest, SeveralStoresAreOne) {
  finish(path("a.db"), "k1");
  finish(path("b.db"), "k1");
  finish(path("b.db"), "k2");
  Watch watch({path("a.db"), path("b.db"), path("none.db")});
  const Seen seen = watch.look();
  EXPECT_TRUE(seen.is_there);
  EXPECT_EQ(seen.finished, 3);
}

TEST_F(WatchTest, NewResultsAreSeenAndOldOnesStayTheSame) {
  finish(path("a.db"), "k1");
  make_old(path("a.db"));
  Watch watch({path("a.db")});
  const Seen first = watch.look();
  EXPECT_EQ(watch.look().results, first.results);
  finish(path("a.db"), "k2");
  EXPECT_NE(watch.look().results, first.results);
  EXPECT_EQ(watch.look().finished, 2);
}

TEST_F(WatchTest, AStoreThatIsReplacedOrRemovedIsSeen) {
  finish(path("a.db"), "k1");
  finish(path("b.db"), "k2");
  finish(path("b.db"), "k3");
  make_old(path("a.db"));
  make_old(path("b.db"));
  Watch watch({path("a.db")});
  const Seen first = watch.look();
  std::filesystem::rename(path("b.db"), path("a.db"));
  EXPECT_EQ(watch.look().finished, 2);
  EXPECT_NE(watch.look().results, first.results);
  std::filesystem::remove(path("a.db"));
  EXPECT_FALSE(watch.look().is_there);
}

TEST_F(WatchTest, WhatCannotBeReadIsAProblemUntilItCan) {
  ASSERT_TRUE(base::write_file_atomically(path("a.db"), "something else altogether"));
  make_old(path("a.db"));
  Watch watch({path("a.db")});
  EXPECT_NE(watch.look().problem.find("a.db"), std::string::npos);
  EXPECT_NE(watch.look().problem, "") << "also when it is looked at again";
  std::filesystem::remove(path("a.db"));
  finish(path("a.db"), "k1");
  EXPECT_EQ(watch.look().problem, "");
  EXPECT_EQ(watch.look().finished, 1);
}

TEST_F(WatchTest, ARunIsSeenByItsLock) {
  finish(path("a.db"), "k1");
  make_old(path("a.db"));
  Watch watch({path("a.db")});
  EXPECT_FALSE(watch.look().is_running);
  {
    const auto lock = store::RunnerLock::take(path("a.db"));
    ASSERT_TRUE(lock);
    EXPECT_TRUE(watch.look().is_running);
  }
  EXPECT_FALSE(watch.look().is_running);
}

}  // namespace
}  // namespace bantam::serve
