// By hand: requests of the scenario poisson, with times in milliseconds.

#include "measure/serving_figures.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/scenario.hpp"

namespace bantam::measure {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;

// Arrives, and has its tokens so long after that.
record::Stream request(std::int64_t arrival_ms, std::vector<std::int64_t> tokens_ms) {
  record::Stream stream;
  stream.arrival_ns = arrival_ms * kMs;
  stream.prompt_tokens = 10;
  stream.prefill_ns = 1;
  for (const std::int64_t token_ms : tokens_ms) stream.token_ns.push_back(token_ms * kMs);
  stream.output_sha256 = "same";
  return stream;
}

record::Trial trial_of(std::vector<record::Stream> streams, double wall_s, std::int64_t round = 0) {
  record::Trial trial;
  trial.scenario = record::kPoisson;
  trial.streams = std::move(streams);
  trial.wall_s = wall_s;
  trial.round = round;
  trial.counters = base::Json::object();
  return trial;
}

// One stream. The first is served from 0 to 400, the second waits until then and is done at 800, the third,
// which arrives at 900, finds nobody.
record::Trial three_requests() {
  return trial_of({request(0, {100, 200, 400}), request(100, {400, 500, 700}), request(900, {100, 200, 400})},
                  1.3);
}

TEST(QueueWaits, AreUntilAStreamIsFree) {
  EXPECT_THAT(queue_waits_s(three_requests(), 1), ElementsAre(0.0, DoubleEq(0.3), 0.0));
  EXPECT_THAT(queue_waits_s(three_requests(), 2), ElementsAre(0.0, 0.0, 0.0));
}

TEST(QueueWaits, OnSeveralStreamsTakeTheOneThatIsFreeFirst) {
  // Two streams, busy until 500 and 300: the third waits until 300, the fourth until 500.
  const record::Trial trial =
      trial_of({request(0, {500}), request(100, {200}), request(200, {500}), request(250, {450})}, 0.7);
  EXPECT_THAT(queue_waits_s(trial, 2), ElementsAre(0.0, 0.0, DoubleEq(0.1), DoubleEq(0.25)));
}

Summary summary_of(std::vector<record::Trial> trials, const Load& load) {
  Observed observed;
  observed.trials = std::move(trials);
  observed.load = load;
  return summarize(observed);
}

TEST(Poisson, FiguresAreThoseOfARoundByHand) {
  const Load load{1, 5.0, 0.15, 0.2, {}};
  const Summary summary = summary_of({three_requests()}, load);
  const auto value = [&](const char* metric) { return summary.metrics.at(metric).value; };
  EXPECT_DOUBLE_EQ(value("requests_per_s"), 3.0 / 1.3);
  EXPECT_DOUBLE_EQ(value("poisson_ttft_s"), 0.1);         // of 0.1, 0.4, 0.1
  EXPECT_DOUBLE_EQ(value("poisson_tpot_s"), 0.15);        // 300 ms for two gaps, in each
  EXPECT_DOUBLE_EQ(value("poisson_e2e_latency_s"), 0.4);  // of 0.4, 0.7, 0.4
  EXPECT_DOUBLE_EQ(value("poisson_queue_s"), 0.0);        // of 0, 0.3, 0
  // The second had its first token too late.
  EXPECT_DOUBLE_EQ(value("goodput_requests_per_s"), 2.0 / 1.3);
  EXPECT_EQ(summary.metrics.at("poisson_ttft_s").n, 3);
  EXPECT_EQ(summary.absent.at("poisson_ttft_p90_s"), "needs 64 requests, there are 3");
  EXPECT_EQ(summary.absent.at("poisson_e2e_latency_p99_s"), "needs 662 requests, there are 3");
}

TEST(Poisson, GoodputNeedsALimitAndHeedsBoth) {
  EXPECT_EQ(summary_of({three_requests()}, {1, 5.0, {}, {}, {}}).absent.at("goodput_requests_per_s"),
            "neither --max-ttft nor --max-tpot is given");
  const auto good = [](const Load& load) {
    return summary_of({three_requests()}, load).metrics.at("goodput_requests_per_s").value * 1.3;
  };
  EXPECT_NEAR(good({1, 5.0, {}, 0.1501, {}}), 3.0, 1e-9);
  EXPECT_NEAR(good({1, 5.0, {}, 0.1499, {}}), 0.0, 1e-9);
  EXPECT_NEAR(good({1, 5.0, 0.401, {}, {}}), 3.0, 1e-9);
  EXPECT_NEAR(good({1, 5.0, 0.399, {}, {}}), 2.0, 1e-9);
}

TEST(Poisson, ARequestWithoutTokensIsNeitherServedNorGood) {
  const Load load{1, 5.0, 10.0, {}, {}};
  const Summary summary = summary_of({trial_of({request(0, {100}), request(50, {})}, 1.0)}, load);
  EXPECT_DOUBLE_EQ(summary.metrics.at("requests_per_s").value, 1.0);
  EXPECT_DOUBLE_EQ(summary.metrics.at("goodput_requests_per_s").value, 1.0);
}

// Logarithms of 0 would make the interval nonsense.
TEST(Poisson, FiguresThatAreZeroInARoundHaveNoInterval) {
  std::vector<record::Trial> trials;
  for (std::int64_t round = 0; round < 6; ++round) {
    trials.push_back(three_requests());
    trials.back().round = round;
  }
  const Summary summary = summary_of(trials, {1, 5.0, 0.01, {}, {}});
  EXPECT_DOUBLE_EQ(summary.metrics.at("goodput_requests_per_s").value, 0.0);
  EXPECT_FALSE(summary.metrics.at("goodput_requests_per_s").interval.has_value());
  EXPECT_FALSE(summary.metrics.at("poisson_queue_s").interval.has_value());
  EXPECT_TRUE(summary.metrics.at("poisson_ttft_s").interval.has_value());
  EXPECT_EQ(summary.metrics.at("poisson_ttft_s").n, 18);
}

// Every request takes a second of the one stream; they arrive every 500 ms.
TEST(Poisson, SaysWhereRequestsCameFasterThanTheyWereServed) {
  std::vector<record::Stream> streams;
  for (std::int64_t i = 0; i < 9; ++i) streams.push_back(request(500 * i, {1000 * (i + 1) - 500 * i}));
  const Summary summary = summary_of({trial_of(streams, 9.0)}, {1, 2.0, {}, {}, {}});
  // At 2 s (the fifth arrives) requests 1 and 2 are done and the third begins: the fourth and fifth wait. At
  // 4 s the fifth begins: four wait.
  EXPECT_THAT(
      summary.warnings,
      ElementsAre("poisson: requests came faster than they were served (2 requests/s were offered, 1 "
                  "requests/s were served): 2.0 waited after half of the arrivals, 4.0 after the last"));
}

TEST(Poisson, AQueueThatComesAndGoesIsNoWarning) {
  EXPECT_FALSE(growing_queue({}, {}).has_value());
  // Pairs that arrive together, far apart: one always waits, never more.
  std::vector<record::Stream> streams;
  for (std::int64_t i = 0; i < 9; ++i) {
    streams.push_back(request(5000 * i, {1000}));
    streams.push_back(request(5000 * i, {2000}));
  }
  const record::Trial trial = trial_of(streams, 42.0);
  EXPECT_FALSE(growing_queue({&trial}, {1, 0.4, {}, {}, {}}).has_value());
}

TEST(Poisson, PercentilesPoolTheRequestsOfAllRounds) {
  std::vector<record::Trial> trials;
  for (std::int64_t round = 0; round < 4; ++round) {
    std::vector<record::Stream> streams;
    for (std::int64_t i = 1; i <= 25; ++i) streams.push_back(request(10'000 * i, {round * 25 + i}));
    trials.push_back(trial_of(streams, 1.0, round));
  }
  const Summary summary = summary_of(trials, {1, 1.0, {}, {}, {}});
  // 1 ms to 100 ms: numpy.percentile(range(1, 101), 90) = 90.1.
  EXPECT_NEAR(summary.metrics.at("poisson_ttft_p90_s").value, 0.0901, 1e-12);
  EXPECT_EQ(summary.metrics.at("poisson_ttft_p90_s").n, 100);
  EXPECT_EQ(summary.absent.at("poisson_ttft_p95_s"), "needs 130 requests, there are 100");
}

TEST(Poisson, IsAbsentWhereItIsNotAskedFor) {
  const Summary summary = summary_of({}, {});
  for (const char* metric : {"requests_per_s", "goodput_requests_per_s", "poisson_ttft_s", "poisson_queue_s"})
    EXPECT_EQ(summary.absent.at(metric), "the scenario poisson is not asked for") << metric;
  EXPECT_EQ(summary.absent.at("burst_tokens_per_s"), "the scenario sustained is not asked for");
}

}  // namespace
}  // namespace bantam::measure
