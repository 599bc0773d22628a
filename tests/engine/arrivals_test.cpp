// Requests that arrive while others are computed, on engines without a model.

#include "engine/arrivals.hpp"

#include <gtest/gtest.h>

#include "engine/null_engine.hpp"
#include "support/scripted_engine.hpp"

namespace bantam::engine {
namespace {

GenerateRequest at(std::int64_t arrival_ns, std::string prompt = "p") {
  GenerateRequest request{std::move(prompt), {}};
  request.arrival_ns = arrival_ns;
  return request;
}

TEST(ArrivalQueue, GivesRequestsInTheOrderOfTheirArrivalAndNotBefore) {
  const std::vector<GenerateRequest> requests{at(300), at(100), at(200), at(100), {"now", {}}};
  ArrivalQueue queue(requests, 50);
  EXPECT_EQ(queue.next_ns(), 50);
  EXPECT_EQ(queue.take(99), 4U);  // without a time: when it was handed over
  EXPECT_EQ(queue.take(99), std::nullopt);
  EXPECT_EQ(queue.next_ns(), 100);
  EXPECT_EQ(queue.take(250), 1U);
  EXPECT_EQ(queue.take(250), 3U);
  EXPECT_EQ(queue.take(250), 2U);
  EXPECT_EQ(queue.take(250), std::nullopt);
  EXPECT_EQ(queue.take(300), 0U);
  EXPECT_EQ(queue.next_ns(), std::nullopt);
  EXPECT_EQ(queue.arrival_ns(4), 50);
}

Script script_of(int streams) {
  Script script;
  script.answers = {{"", "abc"}};
  script.start_ns = 0;
  script.prefill_ns_per_token = 10;
  script.token_gaps_ns = {100};
  script.streams = streams;
  return script;
}

GenerateOptions three_tokens() {
  GenerateOptions options;
  options.max_new_tokens = 3;
  options.refill = true;
  return options;
}

// A request takes 10 for its prompt of one token and 100 for each of three tokens.
TEST(ScriptedEngine, OneServerTakesRequestsOneAfterTheOther) {
  const auto engine = open_scripted(script_of(1));
  const auto all = engine->generate(std::vector{at(0), at(200), at(1000)}, three_tokens()).value();
  using Stamps = std::vector<std::int64_t>;
  EXPECT_EQ(all[0].token_ns, (Stamps{110, 210, 310}));
  EXPECT_EQ(all[1].submitted_ns, 200);  // it waits until 310 and that counts
  EXPECT_EQ(all[1].prefill_done_ns, 320);
  EXPECT_EQ(all[1].token_ns, (Stamps{420, 520, 620}));
  EXPECT_EQ(all[2].token_ns, (Stamps{1110, 1210, 1310}));
}

TEST(ScriptedEngine, TwoServersTakeThemTogether) {
  const auto engine = open_scripted(script_of(2));
  const auto all = engine->generate(std::vector{at(0), at(150), at(160)}, three_tokens()).value();
  using Stamps = std::vector<std::int64_t>;
  // The second is begun after the step that ends at 210, the third when the first is done: its prompt holds
  // the second up.
  EXPECT_EQ(all[0].token_ns, (Stamps{110, 210, 320}));
  EXPECT_EQ(all[1].token_ns, (Stamps{320, 430, 530}));
  EXPECT_EQ(all[2].prefill_done_ns, 330);
  EXPECT_EQ(all[2].token_ns, (Stamps{430, 530, 630}));
}

TEST(NullEngine, WaitsForRequestsThatArriveLater) {
  Heartbeat beats{0};
  const auto engine = open_null({64, 1}, &beats);
  const base::MonotonicClock clock;
  const std::int64_t soon_ns = clock.now_ns() + 20'000'000;
  const auto all =
      engine->generate(std::vector{at(soon_ns), at(soon_ns + 5'000'000)}, three_tokens()).value();
  EXPECT_EQ(all[0].submitted_ns, soon_ns);
  EXPECT_GE(all[0].token_ns.front(), soon_ns);
  EXPECT_GE(all[1].token_ns.front(), soon_ns + 5'000'000);
  EXPECT_EQ(all[1].text, "abc");
  EXPECT_GT(beats.load(), 2U);
}

}  // namespace
}  // namespace bantam::engine
