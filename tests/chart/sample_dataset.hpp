#pragma once
// A dataset of two models at two precisions, made by the code that the program uses.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "chart/dataset.hpp"
#include "record/memory_line.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::chart {

struct Sample {
  std::vector<record::Record> records;
  std::map<std::string, std::vector<record::Item>> items;

  void add(const std::string& model, const std::string& precision, double bits, double decode,
           std::int64_t right) {
    record::Record speed = support::performance(model, precision, bits, decode, 0.1);
    speed.metrics["parameters"] = support::exact(1e6);
    speed.metrics["pss_peak_bytes"] = support::exact(bits * 1e6 / 8.0);
    speed.metrics["file_bytes"] = support::exact(bits * 1e6 / 8.0);
    const auto weights = static_cast<std::int64_t>(bits * 1e6 / 8.0);
    record::set_memory_line(
        speed, {0,
                120,
                0,
                {{0.0, 3'000'000, 1'000'000},
                 {0.25, weights + 4'000'000, 3'000'000},
                 {1.5, weights + 4'500'000, 4'000'000}},
                {{"load_warm", 0.1, 0.3}, {"single_stream warm-up", 0.4, 0.6}, {"single_stream", 0.6, 1.4}}});
    records.push_back(std::move(speed));
    const double share = static_cast<double>(right) / 1000.0;
    record::Record score = support::accuracy(model, precision, "qa", share, share - 0.02, share + 0.02, 1000);
    record::TaskFacts facts;
    facts.name = "qa";
    facts.output_type = "multiple_choice";
    facts.metrics = {"acc"};
    facts.items = 1000;
    facts.chance = 0.25;
    record::set_tasks(score, {facts});
    items[score.cell_key] = support::items("qa", 1000, right);
    records.push_back(std::move(score));
  }

  base::Json dataset() const {
    const analyze::ItemSource source =
        [this](const std::string& key) -> base::Result<std::vector<record::Item>> {
      const auto found = items.find(key);
      return found == items.end() ? std::vector<record::Item>{} : found->second;
    };
    const auto analysis = analyze::analyze(records, source).value();
    auto made = make_dataset({analysis, source, {}, {}});
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made ? *std::move(made) : base::Json::object();
  }
};

inline Sample two_models() {
  Sample sample;
  sample.add("small", "fp16", 16, 200, 600);
  sample.add("small", "int4", 4, 400, 500);
  sample.add("large", "fp16", 64, 50, 900);
  sample.add("large", "int4", 16, 110, 850);
  return sample;
}

}  // namespace bantam::chart
