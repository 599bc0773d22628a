#include "exchange/export_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.hpp"
#include "support/temp_dir.hpp"

namespace bantam::exchange {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ExportFilesTest : public testing::Test {
 protected:
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  void put(const std::string& name, const std::string& content) const {
    ASSERT_TRUE(base::write_file_atomically(path(name), content));
  }
  std::string content(const std::string& name) const { return base::read_file(path(name)).value(); }

  support::TempDir folder_;
  ExportedFiles files_;
};

TEST_F(ExportFilesTest, OtherContentIsKeptUnlessItIsToBeReplaced) {
  put("a", "mine");
  const auto refused = write_export(path("a"), "theirs", Existing::keep, files_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("a is there with other content"));
  EXPECT_EQ(content("a"), "mine");
  EXPECT_TRUE(write_export(path("a"), "theirs", Existing::replace, files_));
  EXPECT_EQ(content("a"), "theirs");
  EXPECT_THAT(files_.paths, ElementsAre(path("a")));
}

TEST_F(ExportFilesTest, TheSameContentIsNoConflict) {
  put("a", "same");
  const auto time = std::filesystem::last_write_time(path("a"));
  EXPECT_TRUE(write_export(path("a"), "same", Existing::keep, files_));
  EXPECT_EQ(std::filesystem::last_write_time(path("a")), time);
}

TEST_F(ExportFilesTest, AFolderOrALinkThatLeadsNowhereIsOtherContent) {
  std::filesystem::create_directory(path("folder"));
  std::filesystem::create_symlink("nowhere", path("link"));
  EXPECT_FALSE(write_export(path("folder"), "x", Existing::keep, files_));
  EXPECT_FALSE(write_export(path("link"), "x", Existing::keep, files_));
}

TEST_F(ExportFilesTest, OfSeveralNoneIsWrittenUnlessThereIsAPlaceForEach) {
  put("b", "mine");
  EXPECT_FALSE(write_exports({{path("a"), "1"}, {path("b"), "2"}}, Existing::keep, files_));
  EXPECT_FALSE(std::filesystem::exists(path("a")));
  EXPECT_FALSE(write_exports({{path("c"), "1"}, {path("c"), "2"}}, Existing::replace, files_));
  EXPECT_FALSE(std::filesystem::exists(path("c")));
  EXPECT_TRUE(write_exports({{path("a"), "1"}, {path("b"), "2"}}, Existing::replace, files_));
  EXPECT_THAT(files_.paths, ElementsAre(path("a"), path("b")));
  EXPECT_FALSE(write_export(path("a"), "1", Existing::replace, files_)) << "a second result for one file";
}

TEST_F(ExportFilesTest, AStreamFollowsTheSameRule) {
  const auto stream = [this](const std::string& text, Existing existing) {
    auto file = ExportStream::begin(path("a"), existing);
    EXPECT_TRUE(file);
    for (const char c : text) EXPECT_TRUE(file->write(std::string(1, c)));
    return file->finish(files_);
  };
  ASSERT_TRUE(stream("one\ntwo\n", Existing::keep));
  EXPECT_EQ(content("a"), "one\ntwo\n");
  EXPECT_TRUE(stream("one\ntwo\n", Existing::keep));
  const auto refused = stream("one\n", Existing::keep);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, base::ErrorKind::usage);
  EXPECT_EQ(content("a"), "one\ntwo\n");
  EXPECT_TRUE(stream("one\n", Existing::replace));
  EXPECT_EQ(content("a"), "one\n");
}

TEST(ExportFolders, TwoNamesOfOneFolderAreRefused) {
  EXPECT_TRUE(check_folders({{"a/b", "a__b"}, {"c", "c"}}));
  const auto refused = check_folders({{"a/b", "a__b"}, {"a:b", "a__b"}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("'a/b' and 'a:b' would be written to one folder, a__b"));
}

}  // namespace
}  // namespace bantam::exchange
