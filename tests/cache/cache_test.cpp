#include "cache/cache.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "cache/hashing.hpp"
#include "support/temp_dir.hpp"

namespace bantam::cache {
namespace {

namespace fs = std::filesystem;

class CacheTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BANTAM_CACHE", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }

  // A file that was last modified long ago.
  fs::path settled(const std::string& content) {
    const fs::path path = folder_.path() / "file";
    std::ofstream(path, std::ios::trunc) << content;
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(1));
    return path;
  }
  // The one remembered hash, replaced by `sha256`.
  void overwrite_note(const std::string& sha256) {
    const auto note = fs::directory_iterator(folder_.path() / "cache/hashes")->path();
    auto json = base::parse_json(*base::read_file(note), "note").value();
    json["sha256"] = sha256;
    ASSERT_TRUE(base::write_file_atomically(note, base::to_text(json)));
  }

  support::TempDir folder_;
};

TEST_F(CacheTest, AHashIsComputedOnceAndAgainWhenTheFileChanges) {
  const fs::path path = settled("content");
  ASSERT_EQ(cached_sha256(path).value(), base::sha256("content"));
  const std::string marker(64, 'f');
  overwrite_note(marker);
  EXPECT_EQ(cached_sha256(path).value(), marker) << "not taken from the cache";
  settled("CONTENT");
  EXPECT_EQ(cached_sha256(path).value(), base::sha256("CONTENT"));
}

TEST_F(CacheTest, ContentExchangedWithSizeAndTimeKeptIsSeen) {
  const fs::path path = settled("content");
  const auto time = fs::last_write_time(path);
  ASSERT_EQ(cached_sha256(path).value(), base::sha256("content"));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // file systems count in ticks of some ms
  std::ofstream(path, std::ios::in) << "CONTENT";
  fs::last_write_time(path, time);
  EXPECT_EQ(cached_sha256(path).value(), base::sha256("CONTENT"));
}

TEST_F(CacheTest, NothingIsBelievedWhenAllIsToBeVerified) {
  const fs::path path = settled("content");
  ASSERT_TRUE(cached_sha256(path));
  overwrite_note(std::string(64, 'f'));
  ::setenv("BANTAM_VERIFY", "1", 1);
  EXPECT_EQ(cached_sha256(path).value(), base::sha256("content"));
  ::unsetenv("BANTAM_VERIFY");
}

TEST_F(CacheTest, HashingIsToldAndCanBeEnded) {
  const fs::path path = settled(std::string(std::size_t{3} << 20, 'x'));
  std::uint64_t told = 0;
  {
    const HashingWatch watch([&](const Hashing& hashing) {
      EXPECT_EQ(hashing.path, path);
      EXPECT_EQ(hashing.total_bytes, std::uint64_t{3} << 20);
      told = hashing.done_bytes;
      return told < std::uint64_t{2} << 20 ? base::Status{}
                                           : base::fail(base::ErrorKind::interrupted, "stopped");
    });
    EXPECT_EQ(cached_sha256(path).error().kind, base::ErrorKind::interrupted);
    EXPECT_EQ(told, std::uint64_t{2} << 20);
    EXPECT_TRUE(sha256_of_made_file(path)) << "what was made is not lost";
  }
  EXPECT_TRUE(cached_sha256(path));
}

TEST_F(CacheTest, LeftoversOfKilledProcessesGo) {
  fs::create_directories(folder_.path() / "cache/hashes");
  const fs::path left = folder_.path() / "cache/hashes/0123.json.4194999.tmp";
  std::ofstream(left) << "{";
  const fs::path path = settled("content");
  ASSERT_TRUE(cached_sha256(path));
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(CacheTest, AFreshFileIsNotRemembered) {
  const fs::path path = folder_.path() / "fresh";
  std::ofstream(path) << "a";
  ASSERT_TRUE(cached_sha256(path));
  EXPECT_FALSE(fs::exists(folder_.path() / "cache/hashes"));
}

TEST_F(CacheTest, ADamagedNoteIsIgnored) {
  const fs::path path = settled("content");
  ASSERT_TRUE(cached_sha256(path));
  const auto note = fs::directory_iterator(folder_.path() / "cache/hashes")->path();
  std::ofstream(note, std::ios::trunc) << "{\"path\":";
  EXPECT_EQ(cached_sha256(path).value(), base::sha256("content"));
}

TEST_F(CacheTest, WorksWithoutAUsableCache) {
  std::ofstream(folder_.path() / "cache") << "a file where the folder should be";
  EXPECT_EQ(cached_sha256(settled("content")).value(), base::sha256("content"));
}

TEST_F(CacheTest, AMissingFileIsBadInput) {
  const auto hash = cached_sha256(folder_.path() / "missing");
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().kind, base::ErrorKind::bad_input);
}

TEST_F(CacheTest, OneHolderOfALockAtATime) {
  const fs::path path = folder_.path() / "sub/lock";
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      const auto lock = FileLock::take(path);
      ASSERT_TRUE(lock);
      most = std::max(most.load(), ++inside);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      --inside;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

TEST_F(CacheTest, ADeadHolderReleasesTheLock) {
  const fs::path path = folder_.path() / "lock";
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = FileLock::take(path);
    ::_exit(lock ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  EXPECT_TRUE(FileLock::take(path));
}

}  // namespace
}  // namespace bantam::cache
