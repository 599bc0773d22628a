#include "hub/download.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "cache/cache.hpp"
#include "support/fake_transport.hpp"
#include "support/temp_dir.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using support::Answer;
using support::fake_client;
using support::FakeTransport;
using support::FakeWaiting;
using support::header_of;
namespace fs = std::filesystem;

const std::string kEtag = "\"v1\"";

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i) + ",";
  return text;
}

class DownloadTest : public testing::Test {
 protected:
  DownloadTest() { ::setenv("BANTAM_CACHE", (folder_.path() / "bantam").c_str(), 1); }
  ~DownloadTest() override { ::unsetenv("BANTAM_CACHE"); }

  // What a server does that is right. Counts the bytes.
  Answer right(const Exchange& exchange, const std::string& etag = kEtag) {
    const std::string range = header_of(exchange, "Range");
    const bool go_on = !range.empty() && header_of(exchange, "If-Range") == etag;
    const std::size_t from = go_on ? std::stoul(range.substr(6)) : 0;
    Answer answer{go_on ? 206 : 200, {{"etag", etag}}, content_.substr(from), false};
    if (go_on)
      answer.headers["content-range"] = "bytes " + std::to_string(from) + "-" +
                                        std::to_string(content_.size() - 1) + "/" +
                                        std::to_string(content_.size());
    answer.headers["content-length"] = std::to_string(answer.body.size());
    return answer;
  }
  // The same, cut off after so many bytes.
  Answer cut(const Exchange& exchange, std::size_t bytes) {
    Answer answer = right(exchange);
    answer.body.resize(bytes);
    answer.broken = true;
    return answer;
  }
  base::Result<Downloaded> run(FakeTransport::Respond respond, const OnTransfer& on_transfer = {}) {
    transport_ = std::make_shared<FakeTransport>([&, respond](const Exchange& exchange) {
      Answer answer = respond(exchange);
      sent_ += answer.body.size();
      return answer;
    });
    sent_ = 0;
    Hub hub{cache_, fake_client(transport_, waiting_), {}};
    return download(hub, file_, on_transfer);
  }
  base::Result<Downloaded> run_right() {
    return run([&](const Exchange& exchange) { return right(exchange); });
  }
  void expect_whole(const base::Result<Downloaded>& downloaded) {
    ASSERT_TRUE(downloaded) << downloaded.error().message;
    EXPECT_EQ(*base::read_file(downloaded->path), content_);
    EXPECT_TRUE(parts().empty());
  }
  std::vector<std::string> parts() {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::recursive_directory_iterator(cache_.root(), ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.find("bantam.incomplete") != std::string::npos) names.push_back(name);
    }
    return names;
  }
  bool has_blob() { return fs::exists(cache_.blob_path(file_.repository, file_.hash)); }
  // Leaves a part of `bytes` bytes, as a killed process does.
  void leave_part(const std::string& bytes, const std::string& etag = kEtag) {
    const fs::path path = cache_.blob_path(file_.repository, file_.hash).string() + ".bantam.incomplete";
    fs::create_directories(path.parent_path());
    std::ofstream(path) << bytes;
    std::ofstream(path.string() + ".etag") << etag;
  }

  support::TempDir folder_;
  HubCache cache_{folder_.path() / "hub"};
  std::string content_ = numbers(4000);
  RemoteFile file_{{RepositoryKind::models, "user/repo"},
                   std::string(40, 'c'),
                   "x.gguf",
                   content_.size(),
                   *content_hash(base::sha256(content_))};
  FakeWaiting waiting_;
  std::shared_ptr<FakeTransport> transport_;
  std::size_t sent_ = 0;
};

TEST_F(DownloadTest, FetchesOnce) {
  const auto first = run_right();
  expect_whole(first);
  EXPECT_EQ(first->received_bytes, content_.size());
  EXPECT_EQ(transport_->asked[0].url.text(),
            "https://hub.example/user/repo/resolve/" + file_.commit + "/x.gguf");
  const auto second = run_right();
  expect_whole(second);
  EXPECT_EQ(second->received_bytes, 0u);
  EXPECT_TRUE(transport_->asked.empty());
}

TEST_F(DownloadTest, TakesEmptyFilesWithoutAsking) {
  content_.clear();
  file_.bytes = 0;
  file_.hash = *content_hash(base::sha256(""));
  expect_whole(run_right());
  EXPECT_TRUE(transport_->asked.empty());
}

TEST_F(DownloadTest, GoesOnAfterEveryReset) {
  for (const double fraction : {0.01, 0.5, 1.0}) {
    SCOPED_TRACE(fraction);
    fs::remove_all(cache_.root());
    const auto last = static_cast<double>(content_.size() - 1);
    bool first = true;
    expect_whole(run([&](const Exchange& exchange) {
      const bool breaks = std::exchange(first, false);
      return breaks ? cut(exchange, static_cast<std::size_t>(fraction * last)) : right(exchange);
    }));
    EXPECT_EQ(sent_, content_.size());
    EXPECT_EQ(header_of(transport_->asked[1], "If-Range"), kEtag);
  }
}

TEST_F(DownloadTest, GoesOnFromWhatAKilledProcessLeft) {
  leave_part(content_.substr(0, 7000));
  const auto downloaded = run_right();
  expect_whole(downloaded);
  EXPECT_EQ(downloaded->received_bytes, content_.size() - 7000);
  EXPECT_EQ(header_of(transport_->asked[0], "Range"), "bytes=7000-");
}

TEST_F(DownloadTest, KeepsGoingAsLongAsItGetsFurther) {
  expect_whole(run([&](const Exchange& exchange) {
    const Answer whole = right(exchange);
    return whole.body.size() > 1000 ? cut(exchange, 1000) : whole;
  }));
  EXPECT_EQ(sent_, content_.size());
}

TEST_F(DownloadTest, StartsAnewWhereTheServerIgnoresRanges) {
  leave_part(content_.substr(0, 7000));
  const auto downloaded = run([&](const Exchange&) { return right(Exchange{}); });
  expect_whole(downloaded);
  EXPECT_EQ(downloaded->received_bytes, content_.size());
}

TEST_F(DownloadTest, StartsAnewAfter416) {
  leave_part(content_.substr(0, 7000));
  expect_whole(run([&](const Exchange& exchange) {
    return header_of(exchange, "Range").empty() ? right(exchange) : Answer{416, {}, "", false};
  }));
}

TEST_F(DownloadTest, NeverMixesTwoVersions) {
  leave_part(std::string(7000, '?'), "\"v0\"");
  // A server that compares the etag sends all of it; one that does not says another etag.
  expect_whole(run_right());
  fs::remove_all(cache_.root());
  leave_part(std::string(7000, '?'), "\"v0\"");
  expect_whole(run([&](const Exchange& exchange) {
    Exchange careless = exchange;
    for (std::string& header : careless.headers) {
      if (header.starts_with("If-Range")) header = "If-Range: " + kEtag;
    }
    return right(careless);
  }));
}

TEST_F(DownloadTest, DoesNotContinueWithoutAStrongEtag) {
  leave_part(content_.substr(0, 7000), "");
  expect_whole(run_right());
  EXPECT_EQ(header_of(transport_->asked[0], "Range"), "");
}

TEST_F(DownloadTest, StartsAnewOnceWhenWhatWasThereIsDamaged) {
  leave_part(std::string(7000, '?'));
  expect_whole(run_right());
}

TEST_F(DownloadTest, RefusesWrongContentAndLeavesNothing) {
  const auto downloaded = run([&](const Exchange& exchange) {
    Answer answer = right(exchange);
    answer.body[5000] = '!';
    return answer;
  });
  ASSERT_FALSE(downloaded);
  EXPECT_EQ(downloaded.error().kind, ErrorKind::integrity);
  EXPECT_TRUE(parts().empty());
  EXPECT_FALSE(has_blob());
}

TEST_F(DownloadTest, RefusesLengthsThatLie) {
  for (const std::string& length :
       {std::to_string(content_.size() + 1), std::to_string(content_.size() - 1), std::string("-1"),
        std::string("x"), std::string("99999999999999999999")}) {
    const auto downloaded = run([&](const Exchange& exchange) {
      Answer answer = right(exchange);
      answer.headers["content-length"] = length;
      return answer;
    });
    ASSERT_FALSE(downloaded) << length;
    EXPECT_EQ(downloaded.error().kind, ErrorKind::integrity) << length;
    EXPECT_FALSE(has_blob());
  }
}

TEST_F(DownloadTest, TakesBodiesWithoutALengthButNotMoreThanDeclared) {
  const auto chunked = [&](const std::string& body) {
    return run([&, body](const Exchange&) { return Answer{200, {{"etag", kEtag}}, body, false}; });
  };
  const auto more = chunked(content_ + "more");
  EXPECT_EQ(more.error().kind, ErrorKind::integrity);
  EXPECT_TRUE(parts().empty());
  EXPECT_EQ(chunked(content_.substr(0, 100)).error().kind, ErrorKind::integrity);
  expect_whole(chunked(content_));
}

TEST_F(DownloadTest, GivesUpOnAServerThatNeverGetsFurther) {
  const auto downloaded = run([&](const Exchange& exchange) {
    Answer answer = right(exchange);
    answer.headers["etag"] = "";  // cannot be continued
    answer.body.resize(5000);
    answer.broken = true;
    return answer;
  });
  EXPECT_EQ(downloaded.error().kind, ErrorKind::environment);
  EXPECT_LE(transport_->asked.size(), 6u);
  // And on one that cannot make up its mind.
  leave_part(content_.substr(0, 7000));
  EXPECT_EQ(run([&](const Exchange&) {
              return Answer{416, {}, "", false};
            })
                .error()
                .kind,
            ErrorKind::integrity);
}

TEST_F(DownloadTest, KeepsWhatCameWhenStopped) {
  const auto stopped = run([&](const Exchange& exchange) { return right(exchange); },
                           [&](const Transfer& transfer) { *waiting_.stop = transfer.done_bytes >= 5000; });
  EXPECT_EQ(stopped.error().kind, ErrorKind::interrupted);
  *waiting_.stop = false;
  const auto downloaded = run_right();
  expect_whole(downloaded);
  EXPECT_EQ(downloaded->received_bytes, content_.size() - 5000);
}

TEST_F(DownloadTest, TellsHowFarItIs) {
  leave_part(content_.substr(0, 7000));
  std::vector<Transfer> seen;
  run([&](const Exchange& exchange) { return right(exchange); },
      [&](const Transfer& t) { seen.push_back(t); });
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front().done_bytes, 8000u);
  EXPECT_EQ(seen.front().received_bytes, 1000u);
  EXPECT_EQ(seen.back().done_bytes, content_.size());
  EXPECT_EQ(seen.back().total_bytes, content_.size());
}

TEST_F(DownloadTest, WaitsForAnotherWriterAndTakesItsFile) {
  auto held = cache::FileLock::take(cache_.lock_path(file_.repository, file_.hash));
  ASSERT_TRUE(held);
  std::optional<cache::FileLock> lock(std::move(*held));
  bool waited = false;
  const auto downloaded = run([&](const Exchange& exchange) { return right(exchange); },
                              [&](const Transfer& transfer) {
                                waited = waited || transfer.waiting;
                                // The other writer ends, with the file in its place.
                                const fs::path blob = cache_.blob_path(file_.repository, file_.hash);
                                fs::create_directories(blob.parent_path());
                                std::ofstream(blob) << content_;
                                lock.reset();
                              });
  expect_whole(downloaded);
  EXPECT_TRUE(waited);
  EXPECT_EQ(downloaded->received_bytes, 0u);
  EXPECT_TRUE(transport_->asked.empty());
}

TEST_F(DownloadTest, ChecksSmallFilesToo) {
  base::Digest digest = base::Digest::git_blob(content_.size());
  digest.add(content_);
  file_.hash = *content_hash(digest.hex());
  bool first = true;
  expect_whole(run([&](const Exchange& exchange) {
    return std::exchange(first, false) ? cut(exchange, 3000) : right(exchange);
  }));
}

TEST_F(DownloadTest, OfflineTakesTheCacheOnly) {
  Hub offline{cache_, std::nullopt, {}};
  EXPECT_EQ(download(offline, file_, {}).error().kind, ErrorKind::environment);
  expect_whole(run_right());
  expect_whole(download(offline, file_, {}));
}

TEST_F(DownloadTest, NeverWritesWhereANameLeadsOut) {
  file_.name = "../../../x.gguf";
  EXPECT_EQ(run_right().error().kind, ErrorKind::integrity);
  EXPECT_FALSE(fs::exists(cache_.root()));
}

}  // namespace
}  // namespace bantam::hub
