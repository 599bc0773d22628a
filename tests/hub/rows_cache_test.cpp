#include "hub/rows_hub.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <fstream>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/json.hpp"
#include "support/fake_transport.hpp"
#include "support/temp_dir.hpp"

namespace bantam::hub {
namespace {

using base::ErrorKind;
using base::Json;
using support::Answer;
using support::fake_client;
using support::FakeTransport;
using support::FakeWaiting;
using testing::HasSubstr;

const RowSet kSet{"user/name", "plain", "test"};
const std::string kCommit(40, 'a');

std::int64_t number_in(const std::string& target, const std::string& name) {
  return std::stoll(target.substr(target.find(name + "=") + name.size() + 1));
}

// What the service answers for rows {"n": 0}, {"n": 1}, ... of a data set with `total` of them.
struct Service {
  std::int64_t total = 250;
  std::string commit = kCommit;

  Json page(const std::string& target) const {
    const std::int64_t offset = number_in(target, "offset");
    const std::int64_t end = std::min(offset + number_in(target, "length"), total);
    Json rows = Json::array();
    for (std::int64_t n = offset; n < end; ++n)
      rows.push_back({{"row_idx", n}, {"row", {{"n", n}}}, {"truncated_cells", Json::array()}});
    return {{"rows", rows}, {"num_rows_total", total}};
  }
  Answer answer(const Json& json) const {
    return {200, {{"x-revision", commit}}, base::to_text(json), false};
  }
  Answer operator()(const Exchange& exchange) const { return answer(page(exchange.url.target)); }
};

class RowsCacheTest : public testing::Test {
 protected:
  RowsCacheTest() { ::setenv("BANTAM_CACHE", (folder_.path() / "bantam").c_str(), 1); }
  ~RowsCacheTest() override { ::unsetenv("BANTAM_CACHE"); }

  base::Result<KeptRows> fetch(FakeTransport::Respond respond, const RowSet& set = kSet,
                               const std::string& commit = "") {
    transport_ = std::make_shared<FakeTransport>(std::move(respond));
    RowsServer server(fake_client(transport_, waiting_));
    return fetch_rows(server, folder_.path(), set, commit, {});
  }
  base::Error error_of(FakeTransport::Respond respond, const std::string& commit = "") {
    const auto kept = fetch(std::move(respond), kSet, commit);
    return kept ? base::Error{} : kept.error();
  }
  std::string expected(std::int64_t rows) {
    std::string text;
    for (std::int64_t n = 0; n < rows; ++n) text += "{\"n\":" + std::to_string(n) + "}\n";
    return text;
  }
  std::size_t asked() const { return transport_->asked.size(); }

  support::TempDir folder_;
  FakeWaiting waiting_;
  std::shared_ptr<FakeTransport> transport_;
};

TEST_F(RowsCacheTest, PagesBecomeOneFileWithItsHash) {
  const auto kept = fetch(Service{});
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(asked(), 3u);
  EXPECT_EQ(*base::read_file(kept->path), expected(250));
  EXPECT_EQ(kept->sha256, base::sha256(expected(250)));
  EXPECT_EQ(kept->rows, 250);
  EXPECT_EQ(kept->commit, kCommit);
  EXPECT_THAT(transport_->asked[1].url.target,
              HasSubstr("/rows?dataset=user%2Fname&config=plain&split=test&offset=100&length=100"));
}

TEST_F(RowsCacheTest, WhatIsThereIsNotAskedForAgain) {
  ASSERT_TRUE(fetch(Service{}));
  const auto again = fetch(Service{});
  ASSERT_TRUE(again);
  EXPECT_EQ(asked(), 0u);
  EXPECT_EQ(again->received_rows, 0);
  EXPECT_TRUE(*find_rows(folder_.path(), kSet, kCommit));
  EXPECT_FALSE(*find_rows(folder_.path(), kSet, std::string(40, 'b')));
  EXPECT_FALSE(*find_rows(folder_.path(), {"user/name", "plain", "train"}, ""));
}

TEST_F(RowsCacheTest, AFetchThatFailedGoesOnAtItsPage) {
  const Service service;
  const auto fails_late = [&](const Exchange& exchange) {
    return number_in(exchange.url.target, "offset") < 200 ? service(exchange) : Answer{403, {}, "", false};
  };
  EXPECT_EQ(error_of(fails_late).kind, ErrorKind::environment);
  EXPECT_FALSE(*find_rows(folder_.path(), kSet, ""));
  const auto kept = fetch(service);
  ASSERT_TRUE(kept);
  EXPECT_EQ(asked(), 1u);
  EXPECT_EQ(kept->received_rows, 50);
  EXPECT_EQ(*base::read_file(kept->path), expected(250));
}

TEST_F(RowsCacheTest, ATornRowIsFetchedAgain) {
  const Service service;
  fetch([&](const Exchange& exchange) {
    return number_in(exchange.url.target, "offset") < 100 ? service(exchange) : Answer{403, {}, "", false};
  });
  const auto part = folder_.path() / "user--name" / "plain" / "test.jsonl.part";
  ASSERT_EQ(*base::read_file(part), expected(100));
  std::ofstream(part, std::ios::app) << std::string("\0\0\n{\"n\":", 8);
  const auto kept = fetch(service);
  ASSERT_TRUE(kept);
  EXPECT_EQ(*base::read_file(kept->path), expected(250));
}

TEST_F(RowsCacheTest, AnotherCommitStartsAnew) {
  Service service;
  const auto changes = [&](const Exchange& exchange) {
    if (number_in(exchange.url.target, "offset") == 100) service = {120, std::string(40, 'b')};
    return service(exchange);
  };
  const auto kept = fetch(changes);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(kept->commit, std::string(40, 'b'));
  EXPECT_EQ(*base::read_file(kept->path), expected(120));
}

TEST_F(RowsCacheTest, ADataSetThatNeverStandsStillIsGivenUp) {
  Service service;
  const auto error = error_of([&](const Exchange& exchange) {
    ++service.total;
    return service(exchange);
  });
  EXPECT_EQ(error.kind, ErrorKind::integrity);
  EXPECT_THAT(error.message, HasSubstr("changes while it is fetched"));
}

TEST_F(RowsCacheTest, PagesThatAreNotWhatWasAskedForAreRefused) {
  const Service service;
  int splits = 0;
  const auto with = [&](const std::function<void(Json&)>& spoil) {
    const RowSet fresh{"user/name", "plain", "split" + std::to_string(++splits)};
    const auto kept = fetch(
        [&](const Exchange& exchange) {
          Json page = service.page(exchange.url.target);
          spoil(page);
          return service.answer(page);
        },
        fresh);
    EXPECT_EQ(kept.error().kind, ErrorKind::integrity);
    return kept.error();
  };
  EXPECT_THAT(with([](Json& page) { page["rows"].erase(99); }).message, HasSubstr("sends 99 where 100"));
  EXPECT_THAT(with([](Json& page) { page["rows"][3]["row_idx"] = 4; }).message, HasSubstr("another row"));
  EXPECT_THAT(with([](Json& page) { page["num_rows_total"] = 1000; }).message,
              HasSubstr("sends 50 where 100"));
  EXPECT_THAT(with([](Json& page) { page["rows"][7]["truncated_cells"] = {"text"}; }).message,
              HasSubstr("cuts long cells of row 7"));
  EXPECT_THAT(with([](Json& page) { page.erase("num_rows_total"); }).message, HasSubstr("how many"));
}

TEST_F(RowsCacheTest, BusyServersAreAskedAgainWhenTheySaySo) {
  const Service service;
  int failures = 2;
  ASSERT_TRUE(fetch([&](const Exchange& exchange) {
    return failures-- > 0 ? Answer{429, {{"retry-after", "7"}}, "", false} : service(exchange);
  }));
  EXPECT_EQ(*waiting_.slept_s, (std::vector<double>{7.0, 7.0}));
}

TEST_F(RowsCacheTest, AChangedFileIsSetAside) {
  const auto kept = fetch(Service{});
  ASSERT_TRUE(kept);
  std::ofstream(kept->path, std::ios::app) << "{}\n";
  const auto found = find_rows(folder_.path(), kSet, "");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::integrity);
  EXPECT_FALSE(std::filesystem::exists(kept->path));
  EXPECT_TRUE(fetch(Service{}));
}

TEST_F(RowsCacheTest, TheCommitThatATaskNamesIsHeldTo) {
  EXPECT_EQ(error_of(Service{}, std::string(40, 'b')).kind, ErrorKind::environment);
  EXPECT_TRUE(fetch(Service{}, kSet, kCommit));
}

TEST_F(RowsCacheTest, AnUnnamedConfigurationIsTheOnlyOrTheDefaultOne) {
  const Service service;
  Json sizes = {{"size", {{"splits", {{{"config", "only"}, {"split", "test"}, {"num_rows", 250}}}}}}};
  const auto respond = [&](const Exchange& exchange) {
    return exchange.url.target.starts_with("/size") ? service.answer(sizes) : service(exchange);
  };
  const RowSet unnamed{"user/name", "", "test"};
  ASSERT_TRUE(fetch(respond, unnamed));
  EXPECT_THAT(transport_->asked.at(1).url.target, HasSubstr("config=only"));
  sizes["size"]["splits"].push_back({{"config", "other"}, {"split", "test"}, {"num_rows", 1}});
  const auto several = fetch(respond, {"user/other", "", "test"});
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().hint, HasSubstr("only, other"));
}

TEST_F(RowsCacheTest, AnEmptyDataSetIsBadInput) {
  EXPECT_EQ(error_of(Service{0, kCommit}).kind, ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::hub
