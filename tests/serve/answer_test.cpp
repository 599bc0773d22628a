#include "serve/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace bantam::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kToken = "0123456789abcdef0123456789abcdef";

std::string header(const Answer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

base::Json body(const Answer& answer) {
  auto json = base::parse_json(answer.body, "the answer");
  EXPECT_TRUE(json) << answer.body;
  return json ? *std::move(json) : base::Json();
}

class AnswerTest : public testing::Test {
 protected:
  AnswerTest() {
    fill({base::Json{{"title", "first"}}, base::Json{{"title", "second"}}});
    site_.access.port = 8666;
    site_.state = [this](Need need) {
      needs_.push_back(need);
      return state_;
    };
    site_.page = [](const Results& results, bool is_live) -> base::Result<std::string> {
      return std::string(is_live ? "live " : "copy ") + results.tag;
    };
    site_.chart = [](const Results& results, const Picture& picture) -> base::Result<std::string> {
      if (picture.name == "pie")
        return base::fail(base::ErrorKind::usage, "there is no chart 'pie'", "see docs");
      if (picture.name == "energy")
        return base::fail(base::ErrorKind::bad_input, "no chart energy: no sensor");
      if (picture.name == "broken") return base::fail(base::ErrorKind::environment, "no interpreter");
      return results.datasets[picture.dataset]["title"].get<std::string>() + " " + picture.name + " " +
             picture.theme;
    };
  }

  void fill(std::vector<base::Json> datasets) {
    Results results;
    results.datasets = std::move(datasets);
    results.data = "{\"datasets\": 2}";
    results.tag = "\"tag\"";
    state_.results = std::make_shared<const Results>(std::move(results));
  }

  Answer get(const std::string& path, std::map<std::string, std::string> query = {}) const {
    return answer(request(path, std::move(query)), site_);
  }

  static Request request(const std::string& path, std::map<std::string, std::string> query = {}) {
    Request request;
    request.method = "GET";
    request.path = path;
    request.query = std::move(query);
    request.hosts = {"localhost:8666"};
    request.local_address = "127.0.0.1";
    return request;
  }

  Site site_;
  State state_;
  std::vector<Need> needs_;
};

TEST_F(AnswerTest, EachPathHasItsContent) {
  const Answer page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.type, "text/html; charset=utf-8");
  EXPECT_EQ(page.body, "live \"tag\"");
  EXPECT_THAT(header(page, "Content-Security-Policy"), HasSubstr("frame-ancestors 'none'"));

  const Answer data = get("/data.json");
  EXPECT_EQ(data.status, 200);
  EXPECT_EQ(data.type, "application/json; charset=utf-8");
  EXPECT_EQ(data.body, "{\"datasets\": 2}");
  EXPECT_EQ(header(data, "ETag"), "\"tag\"");
  EXPECT_THAT(header(data, "Content-Security-Policy"), HasSubstr("default-src 'none'"));

  const Answer copy = get("/report.html");
  EXPECT_EQ(copy.body, "copy \"tag\"");
  EXPECT_EQ(header(copy, "Content-Disposition"), "attachment; filename=\"report.html\"");

  EXPECT_EQ(needs_, (std::vector{Need::progress, Need::results, Need::results}));
}

TEST_F(AnswerTest, OtherPathsAreNotThere) {
  for (const char* path : {"", "/index.html", "/data", "/data.json/", "//", "/../data.json", "/charts/",
                           "/charts/.svg", "/charts/latency.png", "/favicon.ico", "http://evil.example/"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
}

TEST_F(AnswerTest, DataThatAreKnownAreNotSentAgain) {
  for (const char* known : {"\"tag\"", "W/\"tag\"", "\"x\", \"tag\"", "*"}) {
    Request again = request("/data.json");
    again.if_none_match = known;
    const Answer given = answer(again, site_);
    EXPECT_EQ(given.status, 304) << known;
    EXPECT_EQ(given.body, "");
    EXPECT_EQ(header(given, "ETag"), "\"tag\"");
  }
  for (const char* other : {"", "tag", "\"tag", "\"another\""}) {
    Request again = request("/data.json");
    again.if_none_match = other;
    EXPECT_EQ(answer(again, site_).status, 200) << other;
  }
}

TEST_F(AnswerTest, ProgressTellsWhatIsMeasured) {
  state_.seen.is_there = state_.seen.is_running = true;
  state_.seen.finished = 3;
  state_.seen.open = {{"nano", "int4", "performance", "threads=2", 5, 10, 0},
                      {"nano", "int8", "qa", "", 0, 0, 7}};
  state_.is_waiting = true;
  state_.age_s = 1.5;
  const base::Json told = body(get("/progress.json"));
  const base::Json expected = base::parse_json(R"({
    "data": "\"tag\"", "is_there": true, "is_running": true, "finished": 3,
    "open": [{"model": "nano", "precision": "int4", "task": "performance", "point": "threads=2", "blocks": 5, "items": 0},
             {"model": "nano", "precision": "int8", "task": "qa", "blocks": 0, "items": 7}],
    "is_waiting": true, "age_s": 1.5})",
                                               "expected")
                                  .value();
  EXPECT_EQ(told, expected);
}

TEST_F(AnswerTest, ProgressLeavesOutWhatIsNotKnown) {
  state_.problem = "the store x is\x1b[31m damaged";
  const base::Json told = body(get("/progress.json"));
  EXPECT_FALSE(told.contains("age_s"));
  EXPECT_EQ(told["problem"], "the store x is\\x1b[31m damaged");
}

TEST_F(AnswerTest, ChartsAreThoseOfADeviceInATheme) {
  EXPECT_EQ(get("/charts/latency.svg").body, "first latency light");
  EXPECT_EQ(get("/charts/latency.svg").type, "image/svg+xml; charset=utf-8");
  EXPECT_EQ(get("/charts/latency.svg", {{"device", "2"}, {"theme", "dark"}}).body, "second latency dark");
  for (const char* device : {"0", "3", "-1", "x", "", "99999999999999999999"})
    EXPECT_EQ(get("/charts/latency.svg", {{"device", device}}).status, 404) << device;
}

TEST_F(AnswerTest, AChartThatIsNotThereSaysWhy) {
  EXPECT_EQ(get("/charts/pie.svg").status, 404);
  EXPECT_EQ(get("/charts/pie.svg").body, "there is no chart 'pie': see docs\n");
  EXPECT_EQ(get("/charts/energy.svg").status, 404);
  EXPECT_THAT(get("/charts/energy.svg").body, HasSubstr("no sensor"));
  EXPECT_EQ(get("/charts/broken.svg").status, 500);
}

TEST_F(AnswerTest, WithoutResultsThereIsThePageAlone) {
  fill({});
  EXPECT_EQ(get("/").status, 200);
  EXPECT_EQ(get("/data.json").status, 200);
  EXPECT_EQ(get("/report.html").status, 404);
  EXPECT_EQ(get("/charts/latency.svg").status, 404);
}

TEST_F(AnswerTest, IsForReadersAlone) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"}) {
    Request writing = request("/");
    writing.method = method;
    EXPECT_EQ(answer(writing, site_).status, 405) << method;
    EXPECT_EQ(header(answer(writing, site_), "Allow"), "GET, HEAD");
  }
  Request head = request("/");
  head.method = "HEAD";
  EXPECT_EQ(answer(head, site_).status, 200);
  Request heavy = request("/");
  heavy.has_body = true;
  EXPECT_EQ(answer(heavy, site_).status, 413);
  EXPECT_TRUE(needs_.size() == 1) << "nobody looks at the store for what is refused";
}

TEST_F(AnswerTest, AnotherSitesNameIsRefusedBeforeAnythingElse) {
  site_.access.token = kToken;
  Request rebound = request("/data.json", {{"token", kToken}});
  rebound.hosts = {"evil.example:8666"};
  const Answer given = answer(rebound, site_);
  EXPECT_EQ(given.status, 403);
  EXPECT_EQ(header(given, "Set-Cookie"), "");
  EXPECT_TRUE(needs_.empty());
}

TEST_F(AnswerTest, NothingIsReadWithoutTheToken) {
  site_.access.token = kToken;
  for (const char* path :
       {"/", "/data.json", "/progress.json", "/report.html", "/charts/latency.svg", "/nothing"}) {
    for (const std::string& wrong : {std::string(), kToken.substr(1), std::string("x")}) {
      const Answer given = get(path, {{"token", wrong}});
      EXPECT_EQ(given.status, 401) << path;
      EXPECT_EQ(header(given, "Set-Cookie"), "");
      EXPECT_EQ(header(given, "WWW-Authenticate"), "Bearer realm=\"bantam\"");
      EXPECT_THAT(given.body, Not(HasSubstr(kToken)));
    }
  }
  EXPECT_TRUE(needs_.empty());
}

TEST_F(AnswerTest, TheTokenOfTheAddressBecomesACookieAndLeavesTheAddress) {
  site_.access.token = kToken;
  const Answer first = get("/", {{"token", kToken}});
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr("content=\"0; url=/\""));
  EXPECT_THAT(first.body, Not(HasSubstr(kToken)));
  const std::string cookie = header(first, "Set-Cookie");
  EXPECT_THAT(cookie, HasSubstr("; Path=/; HttpOnly; SameSite=Strict"));
  EXPECT_THAT(cookie, Not(HasSubstr(kToken)));

  Request second = request("/");
  second.cookie = cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(answer(second, site_).body, "live \"tag\"");
  EXPECT_EQ(header(answer(second, site_), "Set-Cookie"), "");

  EXPECT_EQ(get("/data.json", {{"token", kToken}}).body, "{\"datasets\": 2}") << "for programs at once";
  Request bearer = request("/data.json");
  bearer.authorization = "Bearer " + kToken;
  EXPECT_EQ(answer(bearer, site_).status, 200);
}

TEST_F(AnswerTest, NoOtherSiteIsAllowedToRead) {
  for (const char* path : {"/", "/data.json", "/progress.json", "/nothing"})
    EXPECT_EQ(header(get(path), "Access-Control-Allow-Origin"), "");
}

}  // namespace
}  // namespace bantam::serve
