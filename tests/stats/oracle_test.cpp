// Our statistics against frozen values of scipy, numpy and MLPerf LoadGen.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "stats/holm.hpp"
#include "stats/moments.hpp"
#include "stats/order.hpp"
#include "stats/proportion.hpp"
#include "support/shared.hpp"

namespace bantam::stats {
namespace {

constexpr double kTolerance = 1e-9;

std::vector<base::Json> lines_of(const std::string& file) {
  std::ifstream in(support::shared_folder() / "oracle/metrics" / file);
  std::vector<base::Json> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(base::parse_json(line, file).value());
  }
  EXPECT_FALSE(lines.empty()) << file;
  return lines;
}

std::vector<double> doubles(const base::Json& json) {
  return json.get<std::vector<double>>();
}

TEST(StatsOracle, WilsonInterval) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_proportion_ci.jsonl");
  for (const auto& line : lines_of("stats_proportion_ci.jsonl")) {
    const Interval ours = wilson_interval(line["k"], line["n"], line["confidence"]);
    EXPECT_NEAR(ours.low, line["expected"]["wilson"][0].get<double>(), kTolerance) << line.dump();
    EXPECT_NEAR(ours.high, line["expected"]["wilson"][1].get<double>(), kTolerance) << line.dump();
  }
}

TEST(StatsOracle, ExactMcNemar) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_mcnemar.jsonl");
  for (const auto& line : lines_of("stats_mcnemar.jsonl")) {
    EXPECT_NEAR(mcnemar_exact(line["b"], line["c"]), line["expected"]["p_exact"].get<double>(), kTolerance)
        << line.dump();
  }
}

TEST(StatsOracle, NewcombePairedDifference) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_newcombe_paired.jsonl");
  for (const auto& line : lines_of("stats_newcombe_paired.jsonl")) {
    const auto ours = newcombe_paired(line["a"], line["b"], line["c"], line["d"], line["confidence"]);
    const auto& expected = line["expected"]["method10"];
    EXPECT_NEAR(ours.difference, expected["difference"].get<double>(), kTolerance) << line.dump();
    EXPECT_NEAR(ours.interval.low, expected["low"].get<double>(), kTolerance) << line.dump();
    EXPECT_NEAR(ours.interval.high, expected["high"].get<double>(), kTolerance) << line.dump();
  }
}

TEST(StatsOracle, MedianInterval) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_median_ci.jsonl");
  for (const auto& line : lines_of("stats_median_ci.jsonl")) {
    const auto samples = doubles(line["data"]);
    const auto& expected = line["expected"];
    EXPECT_NEAR(median(samples).value(), expected["median"].get<double>(), kTolerance);
    const auto ours = median_interval(samples, line["confidence"]);
    ASSERT_EQ(ours.has_value(), !expected["low"].is_null()) << line.dump();
    if (!ours) continue;
    EXPECT_EQ(ours->low_rank, expected["low_rank"].get<std::int64_t>());
    EXPECT_EQ(ours->high_rank, expected["high_rank"].get<std::int64_t>());
    EXPECT_DOUBLE_EQ(ours->interval.low, expected["low"].get<double>());
    EXPECT_DOUBLE_EQ(ours->interval.high, expected["high"].get<double>());
    EXPECT_NEAR(ours->coverage, expected["coverage"].get<double>(), kTolerance);
  }
}

TEST(StatsOracle, PercentilesAndMoments) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_percentiles.jsonl");
  for (const auto& line : lines_of("stats_percentiles.jsonl")) {
    const auto samples = doubles(line["data"]);
    const auto& expected = line["expected"];
    for (const auto& [percent, value] : expected["percentiles"].items()) {
      EXPECT_NEAR(percentile(samples, std::stod(percent) / 100.0).value(), value.get<double>(), kTolerance);
    }
    EXPECT_NEAR(mean(samples).value(), expected["mean"].get<double>(), kTolerance);
    ASSERT_EQ(sample_sd(samples).has_value(), !expected["std_ddof1"].is_null());
    if (samples.size() < 2) continue;
    EXPECT_NEAR(sample_sd(samples).value(), expected["std_ddof1"].get<double>(), kTolerance);
    EXPECT_NEAR(standard_error(samples).value(), expected["stderr"].get<double>(), kTolerance);
  }
}

TEST(StatsOracle, PercentileFloors) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_early_stopping.jsonl");
  for (const auto& line : lines_of("stats_early_stopping.jsonl")) {
    if (line["overlatency"] != 1 || line["confidence"] != 0.99) continue;
    EXPECT_EQ(percentile_floor(line["percentile"]), line["expected"]["min_queries"].get<std::int64_t>())
        << line.dump();
  }
}

TEST(StatsOracle, HolmAdjustment) {
  SKIP_WITHOUT_SHARED("oracle/metrics/stats_holm.jsonl");
  for (const auto& line : lines_of("stats_holm.jsonl")) {
    const auto ours = holm_adjusted(doubles(line["p"]));
    const auto expected = doubles(line["expected"]["holm"]);
    ASSERT_EQ(ours.size(), expected.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_NEAR(ours[i], expected[i], kTolerance) << line.dump();
  }
}

}  // namespace
}  // namespace bantam::stats
