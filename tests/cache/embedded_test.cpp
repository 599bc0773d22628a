#include "cache/embedded.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/files.hpp"
#include "support/shared.hpp"
#include "support/temp_dir.hpp"

namespace bantam::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOne = "first";
const EmbeddedFile kFiles[] = {{"a/one.txt", kOne.data(), kOne.data() + kOne.size()},
                               {"two", nullptr, nullptr}};

TEST(Embedded, WritesFilesUnderTheirNames) {
  const support::TempDir folder;
  ASSERT_TRUE(materialize(kFiles, folder.path()));
  EXPECT_EQ(base::read_file(folder.path() / "a/one.txt").value(), "first");
  EXPECT_EQ(base::read_file(folder.path() / "two").value(), "");
}

TEST(Embedded, LeavesIntactFilesAloneAndMendsTheOthers) {
  const support::TempDir folder;
  const fs::path path = folder.path() / "a/one.txt";
  ASSERT_TRUE(materialize(kFiles, folder.path()));
  const auto written = fs::last_write_time(path) - std::chrono::hours(1);
  fs::last_write_time(path, written);
  ASSERT_TRUE(materialize(kFiles, folder.path()));
  EXPECT_EQ(fs::last_write_time(path), written);

  for (const char* damage : {"fIrst", "fir", ""}) {
    std::ofstream(path, std::ios::trunc) << damage;
    ASSERT_TRUE(materialize(kFiles, folder.path()));
    EXPECT_EQ(base::read_file(path).value(), "first");
  }
}

TEST(Embedded, WhatAKilledWriterLeftGoes) {
  const support::TempDir folder;
  fs::create_directories(folder.path() / "a");
  std::ofstream(folder.path() / "a/one.txt.4194999.tmp") << "fir";
  std::ofstream(folder.path() / "a/one.txt.mine.tmp") << "not ours";
  ASSERT_TRUE(materialize(kFiles, folder.path()));
  EXPECT_FALSE(fs::exists(folder.path() / "a/one.txt.4194999.tmp"));
  EXPECT_TRUE(fs::exists(folder.path() / "a/one.txt.mine.tmp"));
}

TEST(Embedded, AFolderThatCannotBeMadeIsAStorageError) {
  const support::TempDir folder;
  std::ofstream(folder.path() / "file") << "x";
  const auto done = materialize(kFiles, folder.path() / "file");
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, base::ErrorKind::storage);
}

// Several processes that find an empty folder at the same time. Who has been given a file may read it: it
// must not be replaced by another process, which a new inode would show.
TEST(Embedded, ProcessesThatStartAtOnceGetTheSameFiles) {
  const std::string large(1 << 18, 'x');
  const EmbeddedFile files[] = {{"a", large.data(), large.data() + large.size()},
                                {"b", large.data(), large.data() + large.size()}};
  constexpr int kProcesses = 6;
  constexpr int kRounds = 25;
  for (int round = 0; round < kRounds; ++round) {
    const support::TempDir folder;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    for (int i = 0; i < kProcesses; ++i) {
      if (::fork() != 0) continue;
      struct stat facts {};
      const bool done = materialize(files, folder.path() / "files").has_value() &&
                        ::stat((folder.path() / "files" / "a").c_str(), &facts) == 0;
      const ino_t seen = done ? facts.st_ino : 0;
      ::_exit(::write(ends[1], &seen, sizeof seen) == sizeof seen ? 0 : 1);
    }
    for (int i = 0; i < kProcesses; ++i) ::wait(nullptr);
    ::close(ends[1]);
    std::set<ino_t> inodes;
    for (ino_t seen = 0; ::read(ends[0], &seen, sizeof seen) == sizeof seen;) inodes.insert(seen);
    ::close(ends[0]);
    ASSERT_EQ(inodes.size(), 1U) << "in round " << round;
    ASSERT_FALSE(inodes.contains(0)) << "a process failed in round " << round;
  }
}

TEST(Embedded, TheBinaryHoldsTheFilesOfTheSourceTree) {
  const fs::path tasks = fs::path(BANTAM_SOURCE_DIR) / "models/nano/tasks";
  if (!fs::exists(tasks)) GTEST_SKIP() << "there are no tasks in models/nano/tasks";
  const support::TempDir folder;
  ::setenv("BANTAM_CACHE", folder.path().c_str(), 1);
  const auto root = materialize_embedded();
  ::unsetenv("BANTAM_CACHE");
  ASSERT_TRUE(root);
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(tasks)) {
    const std::string extension = entry.path().extension();
    if (extension != ".yaml" && extension != ".jsonl") continue;
    ++seen;
    EXPECT_EQ(base::read_file(*root / "nano/tasks" / entry.path().filename()).value(),
              base::read_file(entry.path()).value());
  }
  EXPECT_GT(seen, 0);
  EXPECT_EQ(embedded_hash().size(), 64u);
}

}  // namespace
}  // namespace bantam::cache
