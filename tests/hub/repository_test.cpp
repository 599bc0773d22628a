#include "hub/repository.hpp"

#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "support/fake_transport.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using support::Answer;
using support::fake_client;
using support::FakeTransport;
using support::FakeWaiting;
using support::header_of;

const std::string kCommit(40, 'c');
const std::string kSha256(64, 'a');
const std::string kGitId(40, 'b');
const Repository kRepository{RepositoryKind::models, "user/repo"};

TEST(Repository, TakesPlainNamesOnly) {
  EXPECT_TRUE(parse_repository(RepositoryKind::models, "user/repo-1.5_B"));
  for (const char* text :
       {"",      "repo",        "a/b/c",    "../../x",   "a//b",   "/a/b",   "a/b/", "C:\\x",
        "C:/x",  "\\\\host\\s", "%2e%2e/x", "a/..",      "a/.b",   "a/-b",   "a/b.", "a/b c",
        "a/b?x", "a/b#x",       "a/con",    "nul.txt/x", "a/COM1", "a--b/c", "ü/x"}) {
    const auto repository = parse_repository(RepositoryKind::models, text);
    ASSERT_FALSE(repository) << text;
    EXPECT_EQ(repository.error().kind, ErrorKind::usage) << text;
  }
  EXPECT_FALSE(parse_repository(RepositoryKind::models, std::string("a/b\0c", 5)));
}

TEST(Repository, TakesPlainRevisionsOnly) {
  for (const char* text : {"main", "v1.0", "refs/pr/7", "0123456789abcdef0123456789abcdef01234567"})
    EXPECT_TRUE(check_revision(text)) << text;
  for (const char* text : {"", "..", "a/../b", "/main", "a b", "-x", "a\\b"})
    EXPECT_FALSE(check_revision(text)) << text;
}

TEST(Repository, TakesFileNamesThatStayInside) {
  for (const char* name : {"a.gguf", "Q4/a-00001-of-00002.gguf", ".gitattributes", "with space.txt", "ü.json",
                           "1_Pooling/config.json", "[x] (y).txt"})
    EXPECT_TRUE(check_file_name(name)) << name;
  for (const char* name : {"",
                           "..",
                           "../x",
                           "a/../../x",
                           "a/..",
                           "./x",
                           "/etc/passwd",
                           "a//b",
                           "a/",
                           "\\\\host\\s",
                           "..\\x",
                           "C:\\x",
                           "C:x",
                           "a:stream",
                           "con",
                           "a/NUL.txt",
                           "lpt1",
                           "a.",
                           "a ",
                           "a\nb",
                           "a\x7f",
                           "a*",
                           "fugg.\u202Egguf",
                           "a\u200F.gguf",
                           "a\xC2\x85",
                           "a\u200Bb",
                           "\u2066a",
                           "a\U000E0041",
                           "a\xFF"}) {
    const auto status = check_file_name(name);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().kind, ErrorKind::integrity) << name;
  }
  EXPECT_FALSE(check_file_name(std::string(1025, 'x')));
}

TEST(Repository, HashesAreToldByTheirLength) {
  EXPECT_EQ(content_hash(kSha256)->algorithm, ContentHash::Algorithm::sha256);
  EXPECT_EQ(content_hash(kGitId)->algorithm, ContentHash::Algorithm::git_blob);
  EXPECT_FALSE(content_hash(""));
  EXPECT_FALSE(content_hash(std::string(64, 'A')));
}

class ListingTest : public testing::Test {
 protected:
  base::Result<Listing> listing(const std::string& body, const Repository& repository = kRepository) {
    transport_ = std::make_shared<FakeTransport>([body](const Exchange& exchange) {
      if (exchange.head_only)
        return Answer{302,
                      {{"location", "https://cdn.example/"},
                       {"x-linked-size", "9"},
                       {"x-repo-commit", kCommit},
                       {"x-linked-etag", "\"" + kSha256 + "\""}},
                      "",
                      false};
      return Answer{200, {}, body, false};
    });
    Client client = fake_client(transport_, waiting_);
    return list_files(client, repository, "main");
  }
  std::string with_files(const std::string& siblings) {
    return R"({"sha":")" + kCommit + R"(","siblings":[)" + siblings + "]}";
  }

  FakeWaiting waiting_;
  std::shared_ptr<FakeTransport> transport_;
};

TEST_F(ListingTest, HasSizesAndHashesOfOneCommit) {
  const auto files = listing(with_files(
      R"({"rfilename":"b.gguf","size":130,"blobId":")" + kGitId + R"(","lfs":{"sha256":")" + kSha256 +
      R"(","size":5000000000,"pointerSize":130}},{"rfilename":"a.json","size":7,"blobId":")" + kGitId +
      R"("})"));
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(transport_->asked[0].url.text(),
            "https://hub.example/api/models/user/repo/revision/main?blobs=true");
  EXPECT_EQ(files->commit, kCommit);
  ASSERT_EQ(files->files.size(), 2u);
  EXPECT_EQ(files->files[0].name, "a.json");
  EXPECT_EQ(files->files[0].hash.hex, kGitId);
  EXPECT_EQ(files->files[1].bytes, 5000000000u);
  EXPECT_EQ(files->files[1].hash.hex, kSha256);
}

TEST_F(ListingTest, OfDataSetsIsFoundElsewhere) {
  ASSERT_TRUE(listing(with_files(""), {RepositoryKind::datasets, "user/set"}));
  EXPECT_EQ(transport_->asked[0].url.text(),
            "https://hub.example/api/datasets/user/set/revision/main?blobs=true");
}

TEST_F(ListingTest, AsksTheFileItselfWhenTheListSaysTooLittle) {
  const auto files = listing(with_files(R"({"rfilename":"b.gguf"})"));
  ASSERT_TRUE(files) << files.error().message;
  EXPECT_EQ(files->files[0].bytes, 9u);
  EXPECT_EQ(files->files[0].hash.hex, kSha256);
  EXPECT_EQ(transport_->asked[1].url.text(), "https://hub.example/user/repo/resolve/" + kCommit + "/b.gguf");
  EXPECT_EQ(transport_->asked.size(), 2u);
}

TEST_F(ListingTest, RefusesNamesThatLeadOut) {
  for (const char* name : {"../x", "/etc/cron.d/x", "a/../../x", "C:/x"}) {
    const auto files = listing(
        with_files(R"({"rfilename":")" + std::string(name) + R"(","size":1,"blobId":")" + kGitId + R"("})"));
    ASSERT_FALSE(files) << name;
    EXPECT_EQ(files.error().kind, ErrorKind::integrity) << name;
  }
}

TEST_F(ListingTest, RefusesMalformedAnswers) {
  for (const char* body : {"", "[]", "<html>", "{}", R"({"sha":"main","siblings":[]})", R"({"sha":7})"}) {
    const auto files = listing(body);
    ASSERT_FALSE(files) << body;
    EXPECT_EQ(files.error().kind, ErrorKind::integrity) << body;
  }
  EXPECT_FALSE(listing(with_files(R"({"rfilename":"x","size":-1,"blobId":")" + kGitId + R"("})")));
  EXPECT_FALSE(listing(with_files("7")));
}

class RangeTest : public testing::Test {
 protected:
  // A server of `content`, which may not know ranges.
  void serve(bool ranges) {
    transport_ = std::make_shared<FakeTransport>([this, ranges](const Exchange& exchange) {
      const std::string range = header_of(exchange, "Range");
      if (!ranges || range.empty()) return Answer{200, {}, content_, false};
      const auto dash = range.find('-');
      const std::size_t first = std::stoul(range.substr(6)), last = std::stoul(range.substr(dash + 1));
      return Answer{206,
                    {{"content-range", "bytes " + range.substr(6) + "/" + std::to_string(content_.size())}},
                    content_.substr(first, last - first + 1),
                    false};
    });
  }
  base::Result<std::string> range(std::uint64_t offset, std::uint64_t count) {
    Client client = fake_client(transport_, waiting_);
    return read_range(client, {kRepository, kCommit, "x.gguf", content_.size(), {}}, offset, count);
  }

  std::string content_ = [] {
    std::string text;
    for (int i = 0; i < 2500; ++i) text += std::to_string(i) + ",";
    return text;
  }();
  FakeWaiting waiting_;
  std::shared_ptr<FakeTransport> transport_;
};

TEST_F(RangeTest, GivesBytesOfTheMiddle) {
  serve(true);
  EXPECT_EQ(*range(0, 10), content_.substr(0, 10));
  EXPECT_EQ(*range(5000, 3000), content_.substr(5000, 3000));
  EXPECT_EQ(*range(content_.size() - 4, 100), content_.substr(content_.size() - 4));
  EXPECT_EQ(*range(content_.size(), 100), "");
  EXPECT_EQ(header_of(transport_->asked[1], "Range"), "bytes=5000-7999");
  EXPECT_EQ(range(content_.size() + 1, 1).error().kind, ErrorKind::bad_input);
}

TEST_F(RangeTest, TakesOnlyTheStartFromAServerWithoutRanges) {
  serve(false);
  EXPECT_EQ(*range(0, 1500), content_.substr(0, 1500));
  EXPECT_EQ(range(5, 10).error().kind, ErrorKind::environment);
}

}  // namespace
}  // namespace bantam::hub
