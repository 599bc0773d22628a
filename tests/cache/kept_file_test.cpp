#include "cache/kept_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "support/temp_dir.hpp"

namespace bantam::cache {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;

class KeptFileTest : public testing::Test {
 protected:
  void SetUp() override { ::setenv("BANTAM_CACHE", (folder_.path() / "cache").c_str(), 1); }
  void TearDown() override { ::unsetenv("BANTAM_CACHE"); }

  Result<std::string> publish(const std::string& content, const Json& note = Json::object()) {
    const NewFile part(file_.path());
    std::ofstream(part.path()) << content;
    return file_.publish(part.path(), note);
  }
  Result<std::optional<Json>> find() const {
    return file_.find([](const Json&) { return true; },
                      [](const fs::path& aside) {
                        return base::Error{ErrorKind::integrity, aside.string(), ""};
                      });
  }
  std::string beside(const std::string& ending) const { return file_.path().string() + ending; }

  support::TempDir folder_;
  KeptFile file_{folder_.path() / "file"};
};

TEST_F(KeptFileTest, IsThereWithTheNoteThatWasWritten) {
  EXPECT_FALSE(find()->has_value());
  const auto sha256 = publish("content", {{"sha256", nullptr}, {"source", "here"}});
  ASSERT_TRUE(sha256) << sha256.error().message;
  EXPECT_EQ(*sha256, base::sha256("content"));
  EXPECT_EQ((*find())->dump(), R"({"sha256":")" + *sha256 + R"(","source":"here"})");
  EXPECT_EQ(*base::read_file(file_.path()), "content");
}

// A process that was killed between the file and its note leaves no more than that.
TEST_F(KeptFileTest, AFileWithoutItsNoteIsNotThere) {
  std::ofstream(file_.path()) << "content";
  EXPECT_FALSE(find()->has_value());
  std::ofstream(beside(".json")) << R"({"sha256": ")";
  EXPECT_FALSE(find()->has_value());
  std::ofstream(beside(".json"), std::ios::trunc) << R"({"source": "here"})";
  EXPECT_FALSE(find()->has_value());
  EXPECT_TRUE(fs::exists(file_.path()));
}

TEST_F(KeptFileTest, ANoteOfOtherContentDoesNotCount) {
  ASSERT_TRUE(publish("content", {{"commit", "a"}}));
  const auto other = file_.find([](const Json& note) { return base::string_at(note, "commit") == "b"; },
                                [](const fs::path&) { return base::Error{}; });
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->has_value());
  EXPECT_TRUE(find()->has_value());
}

TEST_F(KeptFileTest, ChangedContentIsSetAsideAndCanBeMadeAgain) {
  ASSERT_TRUE(publish("content"));
  std::ofstream(file_.path(), std::ios::app) << "!";
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::integrity);
  EXPECT_EQ(found.error().message, beside(".corrupt"));
  EXPECT_EQ(*base::read_file(beside(".corrupt")), "content!");
  EXPECT_FALSE(find()->has_value());
  ASSERT_TRUE(publish("content"));
  EXPECT_TRUE(find()->has_value());
}

TEST_F(KeptFileTest, ContentThatCannotBeSetAsideIsNamed) {
  ASSERT_TRUE(publish("content"));
  std::ofstream(file_.path(), std::ios::app) << "!";
  fs::create_directories(beside(".corrupt") + "/in the way");
  const auto found = find();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::integrity);
  EXPECT_THAT(found.error().message, testing::HasSubstr("cannot be set aside"));
}

TEST_F(KeptFileTest, AMadeFileIsFoundByItsIdentity) {
  const fs::path path = folder_.path() / "cache/quantized/key/model.gguf";
  EXPECT_EQ(record_made_file(path, "one").error().kind, ErrorKind::storage);
  ASSERT_TRUE(base::write_file_atomically(path, "weights"));
  ASSERT_TRUE(record_made_file(path, "one", {{"importance", {{"samples", 3}}}}));
  EXPECT_FALSE(find_made_file(path, "two")->has_value());
  EXPECT_EQ((*find_made_file(path, "one"))->at("importance").at("samples"), 3);
  const auto listed = list_made_files();
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().kind, "quantized");
  EXPECT_EQ(listed->front().bytes, 7U);
  fs::resize_file(path, 3);
  EXPECT_TRUE(list_made_files()->empty());
  EXPECT_EQ(find_made_file(path, "one").error().kind, ErrorKind::integrity);
}

TEST_F(KeptFileTest, APartThatIsNotPublishedVanishes) {
  fs::path part;
  {
    const NewFile file(file_.path());
    part = file.path();
    std::ofstream(part) << "half";
    EXPECT_TRUE(fs::exists(part));
  }
  EXPECT_FALSE(fs::exists(part));
  std::ofstream(beside(".99999.part")) << "left by a process that was killed";
  std::ofstream(beside(".gguf")) << "another file";
  remove_parts(folder_.path());
  EXPECT_FALSE(fs::exists(beside(".99999.part")));
  EXPECT_TRUE(fs::exists(beside(".gguf")));
}

TEST_F(KeptFileTest, TheLockIsGivenToOneThatHasToMakeTheFile) {
  const fs::path lock = folder_.path() / "lock";
  bool there = false;
  const auto is_there = [&]() -> Result<bool> { return there; };
  auto held = lock_unless_there(lock, is_there);
  ASSERT_TRUE(held && *held);
  int waited = 0;
  const auto other = lock_unless_there(lock, is_there, [&]() -> base::Status {
    there = ++waited == 3;  // the holder has finished it
    return {};
  });
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_FALSE(other->has_value());
  EXPECT_EQ(waited, 3);
  there = false;
  const auto stopped = lock_unless_there(
      lock, is_there, []() -> base::Status { return base::fail(ErrorKind::interrupted, "stopped"); });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace bantam::cache
