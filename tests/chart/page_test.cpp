#include "chart/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chart/sample_dataset.hpp"

namespace bantam::chart {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string page_of(const base::Json& data) {
  auto page = make_page({data});
  EXPECT_TRUE(page) << (page ? "" : page.error().message);
  return page ? *std::move(page) : std::string();
}

std::string data_in(const std::string& page) {
  constexpr std::string_view kBegin = R"(<script type="application/json" id="data">)";
  const std::size_t begin = page.find(kBegin) + kBegin.size();
  return page.substr(begin, page.find("</script>", begin) - begin);
}

TEST(Page, HoldsTheDataAsTheyAre) {
  const base::Json data = two_models().dataset();
  const auto read = base::parse_json(data_in(page_of(data)), "the page");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)["datasets"][0], data);
}

TEST(Page, NothingInTheDataEndsTheirElement) {
  const std::string wicked = "</script><script>alert(1)</script><!--<script>\u2028";
  Sample sample;
  sample.add(wicked, "fp16", 16, 200, 600);
  const base::Json data = sample.dataset();
  const std::string page = page_of(data);
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(data_in(page), Not(HasSubstr("<")));
  const auto read = base::parse_json(data_in(page), "the page");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)["datasets"][0]["configurations"][0]["model"], wicked);
}

TEST(Page, AsksNoOneForAnything) {
  const std::string page = page_of(two_models().dataset());
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(page, Not(HasSubstr("url(http")));
  EXPECT_THAT(page, Not(HasSubstr("@@")));
}

TEST(LivePage, MayAskWhereItCameFromAndNobodyElse) {
  const base::Json data = two_models().dataset();
  const auto page = make_live_page({data}, "\"tag\"");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(*page, HasSubstr("content=\"default-src 'none'; connect-src 'self'; script-src 'sha256-"));
  const auto read = base::parse_json(data_in(*page), "the page");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ((*read)["datasets"][0], data);
  EXPECT_EQ((*read)["live"], (base::Json{{"tag", "\"tag\""}}));
  EXPECT_THAT(page_of(data), Not(HasSubstr("connect-src")));
  EXPECT_THAT(data_in(page_of(data)), Not(HasSubstr("\"live\"")));
}

TEST(LivePage, MayBeWithoutResults) {
  const auto page = make_live_page({}, "\"tag\"");
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(data_in(*page), HasSubstr("\"datasets\":[]"));
}

}  // namespace
}  // namespace bantam::chart
