#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
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
