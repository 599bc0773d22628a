#include "store/glance.hpp"

#include <gtest/gtest.h>

#include "base/files.hpp"
#include "store/runner_lock.hpp"
#include "store/store.hpp"
#include "support/temp_dir.hpp"

namespace bantam::store {
namespace {

class GlanceTest : public testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "bantam.db"; }

  static record::Record header(const std::string& key, const std::string& task) {
    record::Record record;
    record.cell_key = key;
    record.model = "nano";
    record.precision = "int4";
    record.task = task;
    return record;
  }

  void finish(const std::string& key) {
    Store store = Store::open(path()).value();
    record::Record record = header(key, "performance");
    record.attempt = store.begin_attempt(record).value();
    ASSERT_TRUE(store.finish(record));
  }

  support::TempDir folder_;
};

TEST_F(GlanceTest, NoFileAndAnEmptyOneAreNoStoreYet) {
  EXPECT_FALSE(glance(path())->is_there);
  ASSERT_TRUE(base::write_file_atomically(path(), ""));
  EXPECT_FALSE(glance(path())->is_there);
}

TEST_F(GlanceTest, WhatIsNoStoreIsAnError) {
  ASSERT_TRUE(base::write_file_atomically(path(), "something else altogether"));
  ASSERT_FALSE(glance(path()));
  EXPECT_EQ(glance(path()).error().kind, base::ErrorKind::storage);
}

TEST_F(GlanceTest, TellsWhatIsFinishedAndWhatHasBegun) {
  finish("k1");
  {
    Store store = Store::open(path()).value();
    record::Record sweep = header("k2", "performance");
    sweep.point = "threads=2";
    ASSERT_TRUE(store.begin_attempt(sweep));
    record::Trial trial;
    trial.scenario = "single_stream";
    trial.round = 0;
    ASSERT_TRUE(store.append_trial("k2", 1, trial));
    ASSERT_TRUE(store.append_trial("k2", 1, trial));
    record::Block block;
    block.series = "a start of the machine";
    ASSERT_TRUE(store.append_block("k2", 1, block));
    ASSERT_TRUE(store.begin_attempt(header("k3", "qa")));
    ASSERT_TRUE(store.append_items("k3", {{"qa", 0, {}, {{"acc", 1.0}}}, {"qa", 1, {}, {{"acc", 0.0}}}}));
  }
  const auto seen = glance(path());
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_TRUE(seen->is_there);
  EXPECT_EQ(seen->finished, 1);
  ASSERT_EQ(seen->open.size(), 2U);
  EXPECT_EQ(seen->open[0].model, "nano");
  EXPECT_EQ(seen->open[0].precision, "int4");
  EXPECT_EQ(seen->open[0].task, "performance");
  EXPECT_EQ(seen->open[0].point, "threads=2");
  EXPECT_EQ(seen->open[0].trials, 2);
  EXPECT_EQ(seen->open[0].blocks, 1);
  EXPECT_EQ(seen->open[0].items, 0);
  EXPECT_EQ(seen->open[1].task, "qa");
  EXPECT_EQ(seen->open[1].items, 2);
}

TEST_F(GlanceTest, ResultsDifferWhenAnotherAttemptIsFinished) {
  const std::string none = glance(path())->results;
  {
    Store store = Store::open(path()).value();
    ASSERT_TRUE(store.begin_attempt(header("k0", "performance")));
  }
  EXPECT_EQ(glance(path())->results, none) << "a store without results is like none";
  finish("k1");
  EXPECT_NE(glance(path())->results, none);
  const std::string before = glance(path())->results;
  EXPECT_EQ(glance(path())->results, before);
  {
    Store store = Store::open(path()).value();
    ASSERT_TRUE(store.begin_attempt(header("k2", "performance")));
  }
  EXPECT_EQ(glance(path())->results, before) << "an attempt that has only begun is no result";
  finish("k2");
  const std::string two = glance(path())->results;
  EXPECT_NE(two, before);
  finish("k1");  // once more
  EXPECT_NE(glance(path())->results, two);
  EXPECT_EQ(glance(path())->finished, 2);
}

TEST_F(GlanceTest, LeavesNoFileBehind) {
  finish("k1");
  ASSERT_TRUE(glance(path()));
  EXPECT_FALSE(std::filesystem::exists(path().string() + "-wal"));
  EXPECT_FALSE(std::filesystem::exists(path().string() + "-shm"));
}

TEST_F(GlanceTest, TheLockOfARunIsSeenFromOutside) {
  EXPECT_FALSE(RunnerLock::is_taken(path())) << "there is no file";
  {
    const auto lock = RunnerLock::take(path());
    ASSERT_TRUE(lock);
    EXPECT_TRUE(RunnerLock::is_taken(path()));
    EXPECT_TRUE(RunnerLock::is_taken(path())) << "looking does not take it away";
  }
  EXPECT_FALSE(RunnerLock::is_taken(path()));
}

}  // namespace
}  // namespace bantam::store
