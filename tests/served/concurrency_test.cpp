#include "served/concurrency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "support/raw_server.hpp"

namespace bantam::served {
namespace {

using std::chrono::milliseconds;
using support::RawConnection;
using support::RawServer;
using support::sse;

std::string said(const std::string& text) {
  return support::kStreamHead + sse(R"({"choices":[{"text":")" + text + R"(","finish_reason":"stop"}]})") +
         sse("[DONE]");
}

std::vector<Request> requests(int count) {
  std::vector<Request> all;
  for (int i = 0; i < count; ++i)
    all.push_back(
        *request_for({.prompt = "number " + std::to_string(i), .max_tokens = 2}, ServerKind::unknown));
  return all;
}

// The number in a request of requests().
std::string number_of(const RawConnection& connection) {
  return connection.request.substr(connection.request.find("number ") + 7, 1);
}

TEST(Concurrency, AsManyAreUnderWayAsThereAreStreams) {
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  const RawServer server([&](const RawConnection& connection) {
    const int under_way = ++now;
    most = std::max(most.load(), under_way);
    for (int i = 0; i < 500 && most < 3; ++i) connection.wait(milliseconds(10));  // for the others
    --now;
    connection.send(said(number_of(connection)));
  });
  const auto result = run_load({server.address(), {}}, {.requests = requests(6), .streams = 3});
  ASSERT_TRUE(result);
  EXPECT_EQ(most, 3);
  ASSERT_EQ(result->answers.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_FALSE(result->answers[i].answer.error);
    EXPECT_EQ(result->answers[i].answer.text, std::to_string(i));  // each has its own answer
    EXPECT_FALSE(result->answers[i].scheduled_ns);
  }
}

TEST(Concurrency, ARequestThatFailsIsOneOfTheAnswers) {
  const RawServer server([&](const RawConnection& connection) {
    const std::string number = number_of(connection);
    connection.send(number == "1" ? support::page("500 Internal Server Error", "text/plain", "no")
                                  : said(number));
  });
  const auto result = run_load({server.address(), {}}, {.requests = requests(3), .streams = 2});
  ASSERT_TRUE(result);
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_FALSE(result->answers[0].answer.error);
  EXPECT_TRUE(result->answers[1].answer.error);
  EXPECT_FALSE(result->answers[2].answer.error);
}

TEST(Concurrency, RequestsAreSentAtTheirTimes) {
  const RawServer server(
      [&](const RawConnection& connection) { connection.send(said(number_of(connection))); });
  const auto result = run_load({server.address(), {}},
                               {.requests = requests(3), .arrivals_s = {0.0, 0.05, 0.12}, .streams = 3});
  ASSERT_TRUE(result);
  const std::vector<double> times = {0.0, 0.05, 0.12};
  for (std::size_t i = 0; i < 3; ++i) {
    const Served& one = result->answers[i];
    ASSERT_TRUE(one.scheduled_ns);
    EXPECT_NEAR(base::seconds(*one.scheduled_ns - result->begin_ns), times[i], 1e-6);
    EXPECT_GE(one.answer.begin_ns, *one.scheduled_ns);  // never before
  }
  EXPECT_GE(base::seconds(result->end_ns - result->begin_ns), 0.12);
}

TEST(Concurrency, StoppingLeavesTheRestUnsent) {
  std::atomic<bool> is_stopped = false;
  const RawServer server([&](const RawConnection& connection) {
    connection.send(said("a"));
    is_stopped = true;
  });
  const auto result =
      run_load({server.address(), {}}, {.requests = requests(2), .arrivals_s = {0, 60}, .streams = 2},
               [&] { return is_stopped.load(); });
  ASSERT_TRUE(result);
  EXPECT_EQ(result->answers[1].answer.error->kind, base::ErrorKind::interrupted);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Concurrency, LoadsThatDoNotFitAreRefused) {
  const Server server{"http://127.0.0.1:1", {}};
  EXPECT_FALSE(run_load(server, {.requests = requests(2), .streams = 0}));
  EXPECT_FALSE(run_load(server, {.requests = requests(2), .streams = 1025}));
  EXPECT_FALSE(run_load(server, {.requests = requests(2), .arrivals_s = {0}}));
  EXPECT_FALSE(run_load(server, {.requests = requests(2), .arrivals_s = {1, 0.5}}));
  EXPECT_FALSE(run_load(server, {.requests = requests(2), .arrivals_s = {-1, 0.5}}));
  EXPECT_TRUE(run_load(server, {})->answers.empty());
}

}  // namespace
}  // namespace bantam::served
