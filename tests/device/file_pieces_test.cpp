#include "device/file_pieces.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <string>

#include "support/fake_tree.hpp"

namespace bantam::device {
namespace {

std::string read_ahead_file(const std::filesystem::path& path) {
  struct stat facts {};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0);
  return "sys/class/bdi/" + std::to_string(major(facts.st_dev)) + ":" + std::to_string(minor(facts.st_dev)) +
         "/read_ahead_kb";
}

TEST(FilePieces, AreWhatTheDiskReadsAheadUpToTwoMebibytes) {
  support::FakeTree tree;
  const std::string file = read_ahead_file(tree.root());
  tree.add(file, "128\n");
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), 128 << 10);
  tree.add(file, "8192\n");
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), 2 << 20);
  tree.add(file, "100\n");
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), 64 << 10);
}

TEST(FilePieces, ArePagesWhereTheDiskTellsNothing) {
  support::FakeTree tree;
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), page);
  tree.add(read_ahead_file(tree.root()), "0\n");
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), page);
  tree.add(read_ahead_file(tree.root()), "9223372036854775807\n");
  EXPECT_EQ(file_piece_bytes(tree.root(), tree.root()), 2 << 20);
}

TEST(FilePieces, AFileThatIsNotThereYetIsJudgedByItsFolder) {
  support::FakeTree tree;
  tree.add(read_ahead_file(tree.root()), "256\n");
  EXPECT_EQ(file_piece_bytes(tree.root() / "not" / "here.gguf", tree.root()), 256 << 10);
}

}  // namespace
}  // namespace bantam::device
