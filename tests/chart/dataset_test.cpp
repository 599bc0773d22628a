#include "chart/dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chart/sample_dataset.hpp"

namespace bantam::chart {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Dataset, HoldsEachConfigurationWithItsFigures) {
  const Json data = two_models().dataset();
  ASSERT_EQ(data["configurations"].size(), 4U);
  const Json& first = data["configurations"][0];
  EXPECT_EQ(first["name"], "small fp16");
  EXPECT_EQ(first["figures"]["decode_tokens_per_s"]["value"], 200.0);
  EXPECT_EQ(first["figures"]["decode_tokens_per_s"]["evidence"], "measured");
  EXPECT_EQ(first["scores"]["qa"]["value"], 0.6);
  // (0.6 - 0.25) / (1 - 0.25).
  EXPECT_NEAR(first["quality"].get<double>(), 0.35 / 0.75, 1e-12);
  EXPECT_EQ(data["speed_metric"], "decode_tokens_per_s");
  EXPECT_EQ(data["devices"].size(), 1U);
}

// What is absent is a missing member with its reason, never a number.
TEST(Dataset, SaysWhyAFigureIsAbsent) {
  Sample sample = two_models();
  sample.records[2].metrics.erase("ttft_s");
  sample.records[2].absent["ttft_s"] = "no token was generated";
  const Json data = sample.dataset();
  const Json& one = data["configurations"][1];
  EXPECT_FALSE(one["figures"].contains("ttft_s"));
  EXPECT_EQ(one["absent"]["ttft_s"], "no token was generated");
}

TEST(Dataset, HoldsMemoryOverTimeOrWhyThereIsNone) {
  Sample sample = two_models();
  sample.records[2].task_info.erase("memory_line");
  const Json data = sample.dataset();
  const Json& line = data["configurations"][0]["memory_line"];
  EXPECT_EQ(line["seconds"], Json({0.0, 0.25, 1.5}));
  EXPECT_EQ(line["rss"], Json({3'000'000, 6'000'000, 6'500'000}));  // 16 bits: weights of 2 MB
  EXPECT_EQ(line["private"], Json({1'000'000, 3'000'000, 4'000'000}));
  EXPECT_EQ(line["phases"][2], Json({{"name", "single_stream"}, {"begin", 0.6}, {"end", 1.4}}));
  EXPECT_FALSE(data["configurations"][0].contains("memory_line_absent"));
  EXPECT_FALSE(data["configurations"][1].contains("memory_line"));
  EXPECT_THAT(data["configurations"][1]["memory_line_absent"].get<std::string>(),
              HasSubstr("earlier version"));
}

TEST(Dataset, TellsTheAnswerOfEveryBudget) {
  const Json data = two_models().dataset();
  ASSERT_FALSE(data["every_budget"].empty());
  double before = 0.0;
  for (const Json& rung : data["every_budget"]) {
    EXPECT_GT(rung["memory"].get<double>(), before);
    before = rung["memory"].get<double>();
  }
  EXPECT_THAT(data["every_budget"][0]["sentence"].get<std::string>(), HasSubstr("Within "));
  // All fit the last: the best by quality is the large model at fp16, 90 % right and told apart.
  EXPECT_EQ(data["every_budget"].back()["choice"], 2);
  EXPECT_EQ(data["configurations"][2]["standing"], "chosen");
  EXPECT_THAT(data["configurations"][1]["reason"].get<std::string>(), HasSubstr("quality"));
}

TEST(Dataset, HasFrontsWithTheirDominators) {
  const Json data = two_models().dataset();
  const auto front =
      std::ranges::find_if(data["fronts"], [](const Json& one) { return one["name"] == "size_quality"; });
  ASSERT_NE(front, data["fronts"].end());
  // Sizes 16, 4, 64, 16 bits a weight; qualities by 600, 500, 900, 850 right: the first is dominated by the
  // last.
  EXPECT_THAT((*front)["members"], ElementsAre(1, 2, 3));
  EXPECT_EQ((*front)["dominated"][0]["configuration"], 0);
  EXPECT_EQ((*front)["dominated"][0]["by"], 3);
}

TEST(Dataset, AFailedCellIsNeverOnAFront) {
  Sample sample = two_models();
  for (record::Record& record : sample.records) {
    if (record.model == "large" && record.precision == "int4" && record.task == "performance") {
      record.outcome = record::Outcome::failed;
      record.metrics.clear();
    }
  }
  const Json data = sample.dataset();
  for (const Json& front : data["fronts"]) {
    for (const Json& member : front["members"]) EXPECT_NE(member, 3) << front["name"];
  }
  EXPECT_THAT(data["configurations"][3]["outcomes"]["performance"].get<std::string>(), HasSubstr("failed"));
}

// Each figure tells how it came about; what is predicted is marked in its text, too.
TEST(Dataset, TellsWhatIsPredicted) {
  Sample sample = two_models();
  record::Record predicted = support::cell("third", "int4", "performance");
  record::set_predicted(predicted, {20, 64, 0.05, 0.2});
  predicted.metrics["decode_tokens_per_s"] = support::measured(300, 250, 375);
  predicted.metrics["min_memory_bytes"] = support::measured(1e6, 0.95e6, 1.05e6);
  sample.records.push_back(predicted);
  sample.records.push_back(support::accuracy("third", "int4", "qa", 0.55, 0.53, 0.57, 1000));
  const Json data = sample.dataset();
  const Json& one = data["configurations"][4];
  EXPECT_EQ(one["name"], "third int4");
  EXPECT_EQ(one["evidence"], "predicted");
  EXPECT_EQ(one["figures"]["decode_tokens_per_s"]["evidence"], "predicted");
  EXPECT_EQ(one["figures"]["decode_tokens_per_s"]["text"].get<std::string>().find("≈300 tok/s"), 0U);
  EXPECT_EQ(one["scores"]["qa"]["evidence"], "measured");
  EXPECT_EQ(data["configurations"][0]["evidence"], "measured");
}

TEST(Dataset, OfNothingIsEmpty) {
  const auto analysis = analyze::analyze({}, {}).value();
  const auto data = make_dataset({analysis, {}, {}, "empty"});
  ASSERT_TRUE(data);
  EXPECT_TRUE((*data)["configurations"].empty());
  EXPECT_EQ((*data)["title"], "empty");
}

}  // namespace
}  // namespace bantam::chart
