#include "base/growing_file.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "base/files.hpp"
#include "support/temp_dir.hpp"

namespace bantam::base {
namespace {

std::ptrdiff_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST(GrowingFile, appears_when_it_is_published) {
  const support::TempDir folder;
  const auto path = folder.path() / "below" / "file";
  auto file = GrowingFile::begin(path);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_TRUE(file->write("one\n"));
  ASSERT_TRUE(file->write("two\n"));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(file->publish());
  EXPECT_EQ(read_file(path).value(), "one\ntwo\n");
  EXPECT_EQ(files_in(path.parent_path()), 1);
}

TEST(GrowingFile, what_is_not_published_leaves_nothing_and_the_old_file_as_it_was) {
  const support::TempDir folder;
  const auto path = folder.path() / "file";
  ASSERT_TRUE(write_file_atomically(path, "old"));
  {
    auto file = GrowingFile::begin(path);
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("new"));
    const GrowingFile moved = *std::move(file);
  }
  EXPECT_EQ(read_file(path).value(), "old");
  EXPECT_EQ(files_in(folder.path()), 1);
}

TEST(GrowingFile, removes_what_a_killed_process_left_of_this_file_alone) {
  const support::TempDir folder;
  for (const char* name : {"file.999999.tmp", "other.999999.tmp"})
    std::ofstream(folder.path() / name) << "left";
  ASSERT_TRUE(GrowingFile::begin(folder.path() / "file")->publish());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "file.999999.tmp"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "other.999999.tmp"));
}

TEST(GrowingFile, in_no_folder_is_a_storage_error) {
  const support::TempDir folder;
  ASSERT_TRUE(write_file_atomically(folder.path() / "file", "x"));
  const auto file = GrowingFile::begin(folder.path() / "file" / "below");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().kind, ErrorKind::storage);
}

}  // namespace
}  // namespace bantam::base
