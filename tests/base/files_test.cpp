#include "base/files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fstream>

#include "base/hash.hpp"
#include "support/temp_dir.hpp"

namespace bantam::base {
namespace {

TEST(WriteFileAtomically, ReplacesTheContentAndLeavesNothingBeside) {
  const support::TempDir dir;
  const auto file = dir.path() / "sub" / "a.txt";
  ASSERT_TRUE(write_file_atomically(file, "one"));
  ASSERT_TRUE(write_file_atomically(file, "two"));
  EXPECT_EQ(read_file(file).value(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(file.parent_path()), {}), 1);
}

TEST(WriteFileAtomically, FailsWithStorageBelowAFile) {
  const support::TempDir dir;
  ASSERT_TRUE(write_file_atomically(dir.path() / "file", "x"));
  const auto status = write_file_atomically(dir.path() / "file" / "below", "y");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind, ErrorKind::storage);
}

TEST(WriteFileAtomically, RemovesWhatAKilledWriterLeft) {
  const support::TempDir dir;
  const auto file = dir.path() / "a.json";
  std::ofstream(dir.path() / "a.json.4194999.tmp") << "hal";
  std::ofstream(dir.path() / "other.json.4194999.tmp") << "hal";
  std::ofstream(dir.path() / "a.json.mine.tmp") << "not ours";
  const int held = ::open((dir.path() / "a.json.17.tmp").c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(::flock(held, LOCK_EX), 0);  // somebody is still at work on it
  ASSERT_TRUE(write_file_atomically(file, "{}"));
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "a.json.4194999.tmp"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "other.json.4194999.tmp"));
  remove_abandoned_files(dir.path());
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "other.json.4194999.tmp"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "a.json.mine.tmp"));
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "a.json.17.tmp"));
  ::close(held);
}

TEST(ReadFile, RefusesWhatIsNoRegularFileWithoutHanging) {
  const support::TempDir dir;
  ASSERT_EQ(::mkfifo((dir.path() / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(read_file(dir.path() / "fifo"));
  EXPECT_FALSE(read_file(dir.path()));
  EXPECT_FALSE(read_file("/dev/zero"));
  EXPECT_FALSE(read_file(dir.path() / "missing"));
}

TEST(ReadFile, RefusesMoreThanTheLimit) {
  const support::TempDir dir;
  ASSERT_TRUE(write_file_atomically(dir.path() / "a", "12345"));
  EXPECT_TRUE(read_file(dir.path() / "a", 5));
  EXPECT_FALSE(read_file(dir.path() / "a", 4));
}

TEST(Sha256, MatchesThePublishedVector) {
  // FIPS 180-2, appendix B.1
  const std::string expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_EQ(sha256("abc"), expected);
  const support::TempDir dir;
  ASSERT_TRUE(write_file_atomically(dir.path() / "a", "abc"));
  EXPECT_EQ(sha256_of_file(dir.path() / "a").value(), expected);
}

}  // namespace
}  // namespace bantam::base
