#pragma once
// One small analysis for the tests of this room.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "support/sample_records.hpp"

namespace bantam::report {

inline std::vector<record::Record> sample_records() {
  record::Record failed = support::cell("nano", "int8", "performance");
  failed.outcome = record::Outcome::failed;
  failed.failure = record::Failure{"worker", "the worker died in ggml-cpu", "SIGILL"};
  failed.model_info = base::Json{{"bits_per_weight", 8.5}, {"file_bytes", 1062500}, {"parameters", 1000000}};
  return {support::performance("nano", "fp16", 16, 500, 0.1), failed,
          support::performance("nano", "int4", 4, 900, 0.08),
          support::accuracy("nano", "fp16", "qa", 0.80, 0.71, 0.87, 100),
          support::accuracy("nano", "int4", "qa", 0.72, 0.63, 0.80, 100)};
}

// Of qa's 100 items fp16 has the first 80 right; int4 loses 10 of them and gains 2.
inline base::Result<std::vector<record::Item>> sample_items(const std::string& cell_key) {
  auto items = support::items("qa", 100, 80);
  if (cell_key == "nano/int4/qa") {
    for (std::size_t i = 0; i < 10; ++i) items[i].metrics["acc"] = 0.0;
    items[98].metrics["acc"] = items[99].metrics["acc"] = 1.0;
  }
  return items;
}

// Three precisions: int4 is fast, small and loses answers; int8 died of SIGILL.
inline analyze::Analysis sample_analysis() {
  return analyze::analyze(sample_records(), sample_items, "fp16").value();
}

// The same with every name of a model and task replaced.
inline analyze::Analysis sample_analysis_named(const std::string& model, const std::string& task) {
  auto records = sample_records();
  for (record::Record& record : records) {
    record.model = model;
    if (record.task != "performance") record.task = task;
  }
  return analyze::analyze(records, sample_items, "fp16").value();
}

}  // namespace bantam::report
