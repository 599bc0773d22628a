#include "metric/aggregation.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "metric/metric_objects.hpp"

namespace bantam::metric {
namespace {

using base::Json;

// The score of items with these contents by the metric's default aggregation for the output type.
std::optional<record::Value> score(const TaskMetric& metric, OutputType type,
                                   const std::vector<Json>& contents) {
  std::vector<record::Item> items;
  for (const Json& content : contents) items.emplace_back().content = content;
  ItemList list;
  for (const record::Item& item : items) list.push_back(&item);
  return aggregated(*rules(metric, type)->aggregations.front(), std::string(metric.name()), list);
}

// scikit-learn: gold 1 0 1, predicted 1 1 1: precision 2/3, recall 1.
TEST(Aggregation, ClassesOfChoices) {
  const std::vector<Json> items{
      {{"gold", 1}, {"predicted", 1}}, {{"gold", 0}, {"predicted", 1}}, {{"gold", 1}, {"predicted", 1}}};
  EXPECT_DOUBLE_EQ(score(f1, OutputType::multiple_choice, items)->value, 0.8);
  EXPECT_DOUBLE_EQ(score(macro_f1, OutputType::multiple_choice, items)->value, 0.4);
  EXPECT_DOUBLE_EQ(score(mcc, OutputType::multiple_choice, items)->value, 0.0);
}

// Two right choices are no class, and neither is none: no score, not that of class 0 or -1.
TEST(Aggregation, AMissingClassIsNoClass) {
  for (const Json& gold : {Json::array({0, 1}), Json()}) {
    const std::vector<Json> items{{{"gold", 0}, {"predicted", 0}}, {{"gold", gold}, {"predicted", 0}}};
    for (const TaskMetric* metric : {&f1, &mcc, &macro_f1, &micro_f1, &weighted_f1})
      EXPECT_FALSE(score(*metric, OutputType::multiple_choice, items)) << metric->name();
  }
}

// exp(-(-2 - 4) / 3) and the same per byte; an item that lacks its log-likelihood or words leaves no score.
TEST(Aggregation, AMissingLogLikelihoodIsNotZero) {
  const Json first{{"log_likelihood", -2.0}, {"words", 1}, {"bytes", 4}};
  const Json second{{"log_likelihood", -4.0}, {"words", 2}, {"bytes", 8}};
  const auto type = OutputType::loglikelihood_rolling;
  EXPECT_DOUBLE_EQ(score(word_perplexity, type, {first, second})->value, std::exp(2.0));
  EXPECT_DOUBLE_EQ(score(byte_perplexity, type, {first, second})->value, std::exp(0.5));
  for (const char* key : {"log_likelihood", "words"}) {
    Json lacking = second;
    lacking.erase(key);
    EXPECT_FALSE(score(word_perplexity, type, {first, lacking})) << key;
  }
  EXPECT_DOUBLE_EQ(score(perplexity, OutputType::loglikelihood, {{{"log_likelihoods", {-2.0}}}})->value,
                   std::exp(2.0));
  EXPECT_FALSE(score(perplexity, OutputType::loglikelihood,
                     {{{"log_likelihoods", {-2.0}}}, {{"log_likelihoods", Json::array()}}}));
}

std::optional<record::Value> mean_of(const TaskMetric& metric, const std::vector<double>& values) {
  std::vector<record::Item> items;
  for (const double value : values)
    items.push_back({"t", std::ssize(items), {}, {{std::string(metric.name()), value}}});
  ItemList list;
  for (const record::Item& item : items) list.push_back(&item);
  return aggregated(aggregations::mean, std::string(metric.name()), list);
}

// Student's t of 3 degrees at 97.5 % is 3.182446 (tables): 0.1 -+ 3.182446 * 0.1, and nothing is below 0.
TEST(Aggregation, AnIntervalEndsWhereTheMetricEnds) {
  const auto low = mean_of(rouge1, {0.0, 0.0, 0.0, 0.4});
  ASSERT_TRUE(low && low->interval);
  EXPECT_EQ(low->interval->method, "student_t");
  EXPECT_EQ(low->interval->low, 0.0);
  EXPECT_NEAR(low->interval->high, 0.4182446, 1e-6);
  EXPECT_EQ(mean_of(rouge_l, {1.0, 1.0, 1.0, 0.6})->interval->high, 1.0);
  EXPECT_EQ(mean_of(f1, {1.0, 1.0, 1.0, 0.6})->interval->high, 1.0);
  EXPECT_EQ(mean_of(embedding_cosine, {1.0, 1.0, -1.0, 1.0})->interval->high, 1.0);
  EXPECT_LT(mean_of(embedding_cosine, {0.1, 0.0, -0.1, 0.0})->interval->low, 0.0)
      << "a cosine may be negative";
}

// Values that happen to be 0 and 1 do not make a share of right answers.
TEST(Aggregation, OnlyWhatIsRightOrWrongHasWilsonsInterval) {
  EXPECT_EQ(mean_of(acc, {1.0, 0.0, 1.0, 1.0})->interval->method, "wilson");
  EXPECT_EQ(mean_of(exact_match, {0.0, 0.0})->interval->method, "wilson");
  EXPECT_EQ(mean_of(rouge1, {1.0, 0.0, 1.0, 1.0})->interval->method, "student_t");
  EXPECT_FALSE(mean_of(rouge1, {0.0, 0.0, 0.0})->interval) << "equal values say nothing about the spread";
}

// A document without bytes has no value per byte of its own.
TEST(TaskMetrics, AnEmptyDocumentHasNoValue) {
  EXPECT_FALSE(byte_perplexity.of_document->value({-1.0, 1, 0}));
  EXPECT_FALSE(bits_per_byte.of_document->value({-1.0, 1, 0}));
  EXPECT_FALSE(word_perplexity.of_document->value({-1.0, 0, 1}));
  EXPECT_DOUBLE_EQ(*bits_per_byte.of_document->value({-8.0 * std::log(2.0), 1, 4}), 2.0);
}

TEST(TaskMetrics, EveryOneIsFoundByItsNameAndHasRules) {
  for (const TaskMetric* metric : task_metrics()) {
    EXPECT_EQ(find_task_metric(metric->name()), metric) << metric->name();
    for (const OutputType type : kOutputTypes) {
      const auto own = rules(*metric, type);
      EXPECT_FALSE(own && own->aggregations.empty()) << metric->name();
    }
  }
  EXPECT_EQ(find_task_metric("ttft_s"), nullptr);
}

TEST(OutputTypes, AreFoundByTheirNames) {
  EXPECT_EQ(output_type_from("multiple_choice"), OutputType::multiple_choice);
  EXPECT_EQ(output_type_from("loglikelihood_rolling"), OutputType::loglikelihood_rolling);
  EXPECT_EQ(output_type_from("greedy_until"), std::nullopt);
  EXPECT_EQ(output_type_from(""), std::nullopt);
}

TEST(TaskMetrics, TheUsualOnesOfEachOutputType) {
  const auto names = [](OutputType type) {
    std::vector<std::string_view> all;
    for (const TaskMetric* metric : default_metrics(type)) all.push_back(metric->name());
    return all;
  };
  using testing::ElementsAre;
  EXPECT_THAT(names(OutputType::multiple_choice), ElementsAre("acc", "acc_norm"));
  EXPECT_THAT(names(OutputType::loglikelihood), ElementsAre("perplexity", "acc"));
  EXPECT_THAT(names(OutputType::loglikelihood_rolling),
              ElementsAre("word_perplexity", "byte_perplexity", "bits_per_byte"));
  EXPECT_THAT(names(OutputType::generate_until), ElementsAre("exact_match"));
}

}  // namespace
}  // namespace bantam::metric
