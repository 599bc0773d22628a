#pragma once
// Cells and predictions for tests of answers.

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "recommend/recommend.hpp"
#include "record/sections.hpp"
#include "support/sample_records.hpp"

namespace bantam::recommend {

inline constexpr double kMib = 1024.0 * 1024.0;

// Speed and memory as they are predicted: times off by `error` at most, memory by 5 %.
inline record::Record prediction(const std::string& model, const std::string& precision, double bits,
                                 double decode, double need_bytes, double parameters = 1e9,
                                 double error = 0.2) {
  record::Record record = support::cell(model, precision, "performance");
  record.reference = "synthetic:" + model;
  record::set_predicted(record, {20, 64, 0.05, error});
  const auto between = [](double value, double low, double high) {
    return record::Value{value, record::Interval{low, high, 0.95, "prediction"}, {}, {}};
  };
  record.metrics["decode_tokens_per_s"] = between(decode, decode / (1.0 + error), decode / (1.0 - error));
  record.metrics["ttft_s"] = between(1.0, 1.0 - error, 1.0 + error);
  record.metrics["min_memory_bytes"] = between(need_bytes, 0.95 * need_bytes, 1.05 * need_bytes);
  record.metrics["parameters"] = support::exact(parameters);
  record.metrics["bits_per_weight"] = support::exact(bits);
  record.metrics["weight_bytes"] = record.metrics["file_bytes"] = support::exact(bits * parameters / 8.0);
  return record;
}

// A score of another tool, without samples.
inline record::Record imported_score(const std::string& model, const std::string& precision, double score,
                                     const std::string& task = "qa") {
  record::Record record = support::cell(model, precision, task);
  record.reference = "owner/" + model;
  record.metrics["acc"] = support::exact(score);
  record::TaskFacts facts;
  facts.name = task;
  facts.output_type = "multiple_choice";
  facts.metrics = {"acc"};
  facts.chance = 0.25;
  record::set_tasks(record, {facts});
  record::set_imported(record, {"SomeTool", "file.json", "", {}, {}});
  return record;
}

// Analysis and answer of records.
struct Asked {
  analyze::Analysis analysis;
  Recommendation all;

  explicit Asked(const std::vector<record::Record>& records, const Wishes& wishes = {}) {
    analysis = analyze::analyze(records, {}).value();
    auto found = recommend(analysis, {}, wishes);
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    if (found) all = *std::move(found);
  }

  std::string name(std::size_t index) const {
    return analysis.configurations[index].model + " " + analysis.configurations[index].precision;
  }
  std::string choice() const { return all.answer.choice ? name(*all.answer.choice) : "none"; }
  std::size_t index(const std::string& wanted) const {
    for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
      if (name(i) == wanted) return i;
    }
    throw std::out_of_range(wanted);
  }
  const Place& place(const std::string& wanted) const { return all.answer.places[index(wanted)]; }
};

}  // namespace bantam::recommend
