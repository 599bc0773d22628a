// Our statistics against frozen values of scipy, numpy and MLPerf LoadGen.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "stats/means.hpp"
#include "stats/order.hpp"
#include "stats/proportion.hpp"
#include "support/oracle.hpp"

namespace bantam::stats {
namespace {

constexpr double kTolerance = 1e-9;

class StatsOracle : public support::OracleTest {};
ON_CHOSEN_AND_ALL_ROWS(StatsOracle);

std::vector<double> doubles(const base::Json& json) {
  return json.get<std::vector<double>>();
}

void expect_interval(const Interval& ours, const base::Json& expected, const base::Json& line) {
  EXPECT_NEAR(ours.low, expected[0].get<double>(), kTolerance) << line.dump();
  EXPECT_NEAR(ours.high, expected[1].get<double>(), kTolerance) << line.dump();
}

TEST_P(StatsOracle, IntervalsOfShares) {
  for (const auto& line : rows_of("metrics/stats_proportion_ci.jsonl")) {
    const std::int64_t k = line["k"];
    const std::int64_t n = line["n"];
    const double confidence = line["confidence"];
    expect_interval(wilson_interval(k, n, confidence), line["expected"]["wilson"], line);
    expect_interval(exact_interval(k, n, confidence), line["expected"]["exact"], line);
  }
}

TEST_P(StatsOracle, McNemar) {
  for (const auto& line : rows_of("metrics/stats_mcnemar.jsonl")) {
    const auto& expected = line["expected"];
    EXPECT_NEAR(mcnemar_exact(line["b"], line["c"]), expected["p_exact"].get<double>(), kTolerance);
  }
}

TEST_P(StatsOracle, NewcombePairedDifference) {
  for (const auto& line : rows_of("metrics/stats_newcombe_paired.jsonl")) {
    const auto ours = newcombe_paired(line["a"], line["b"], line["c"], line["d"], line["confidence"]);
    const auto& expected = line["expected"]["method10"];
    EXPECT_NEAR(ours.difference, expected["difference"].get<double>(), kTolerance) << line.dump();
    EXPECT_NEAR(ours.interval.low, expected["low"].get<double>(), kTolerance) << line.dump();
    EXPECT_NEAR(ours.interval.high, expected["high"].get<double>(), kTolerance) << line.dump();
  }
}

using Resample = std::vector<std::size_t>;  // positions in the samples

std::vector<double> resampled_means(const std::vector<double>& samples,
                                    const std::vector<Resample>& resamples) {
  std::vector<double> means;
  for (const Resample& resample : resamples) {
    std::vector<double> drawn;
    for (const std::size_t position : resample) drawn.push_back(samples[position]);
    means.push_back(mean(drawn).value());
  }
  return means;
}

std::vector<Resample> all_resamples(std::size_t samples) {
  std::vector<Resample> all(1);
  for (std::size_t drawn = 0; drawn < samples; ++drawn) {
    std::vector<Resample> longer;
    for (const Resample& shorter : all) {
      for (std::size_t position = 0; position < samples; ++position) {
        longer.push_back(shorter);
        longer.back().push_back(position);
      }
    }
    all = std::move(longer);
  }
  return all;
}

TEST_P(StatsOracle, BootstrapOfTheMean) {
  for (const auto& line : rows_of("metrics/stats_bootstrap.jsonl")) {
    const auto samples = doubles(line["data"]);
    const auto& expected = line["expected"];
    const auto resamples = line["kind"] == "exhaustive" ? all_resamples(samples.size())
                                                        : line["indices"].get<std::vector<Resample>>();
    const auto means = resampled_means(samples, resamples);
    if (expected.contains("resamples")) {
      EXPECT_EQ(means.size(), expected["resamples"].get<std::size_t>());
    }
    EXPECT_NEAR(mean(samples).value(), expected["mean"].get<double>(), kTolerance);
    if (expected.contains("bootstrap_se")) {
      EXPECT_NEAR(sample_sd(means).value(), expected["bootstrap_se"].get<double>(), kTolerance);
    }
    for (const auto& [confidence, interval] : expected["ci"].items()) {
      expect_interval(bootstrap_interval(means, std::stod(confidence)).value(), interval, line["id"]);
    }
  }
}

TEST_P(StatsOracle, MedianInterval) {
  for (const auto& line : rows_of("metrics/stats_median_ci.jsonl")) {
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

TEST_P(StatsOracle, PercentilesAndMoments) {
  for (const auto& line : rows_of("metrics/stats_percentiles.jsonl")) {
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

TEST_P(StatsOracle, EarlyStopping) {
  for (const auto& line : rows_of("metrics/stats_early_stopping.jsonl")) {
    if (line["overlatency"] != 1 || line["confidence"] != 0.99) continue;
    EXPECT_EQ(percentile_floor(line["percentile"]), line["expected"]["min_queries"].get<std::int64_t>())
        << line.dump();
  }
}

TEST_P(StatsOracle, ManyTestsAtOnce) {
  for (const auto& line : rows_of("metrics/stats_holm.jsonl")) {
    const auto p = doubles(line["p"]);
    const auto ours = holm_adjusted(p);
    const auto expected = doubles(line["expected"]["holm"]);
    ASSERT_EQ(ours.size(), expected.size());
    for (std::size_t i = 0; i < ours.size(); ++i)
      EXPECT_NEAR(ours[i], expected[i], kTolerance) << line.dump();
  }
}

}  // namespace
}  // namespace bantam::stats
