#pragma once
// Records of two precisions of one model, with a failed and an imported cell, as trackers get them.

#include <string>
#include <utility>
#include <vector>

#include "record/sections.hpp"
#include "support/sample_records.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker::support {

inline std::vector<record::Record> sample_records() {
  namespace samples = bantam::support;
  record::Record speed = samples::performance("nano", "fp16", 16.0, 100.0, 0.04);
  speed.settings = {{"engine", {{"threads", 2}}}, {"performance", {{"num_runs", 30}, {"prompt", "Once"}}}};
  speed.device = {{"identity", "0123456789ab"},
                  {"cpu", {{"model", "Example CPU"}, {"physical_cores", 2}}},
                  {"system", {{"os", "Example OS 1"}}}};
  speed.engine = {{"name", "llama"}, {"version", "0.5.0"}, {"chat_template", "{{ bos }}"}};
  speed.model_info = {{"sha256", std::string(64, 'e')}, {"file_type", "F16"}};
  record::Record score = samples::accuracy("nano", "fp16", "qa", 0.75, 0.7, 0.8, 100);
  score.settings = {{"engine", {{"threads", 2}}}, {"accuracy", {{"batch_size", 16}}}, {"seed", 1234}};
  score.metrics["exact_match,strict-match"] = samples::exact(0.5);
  score.subtasks["qa_easy"]["acc"] = samples::exact(0.9);
  score.started_at = "2026-01-31T12:01:00Z";
  score.finished_at = "2026-01-31T12:02:00Z";
  record::Record failed = samples::cell("nano", "int8", "performance");
  failed.outcome = record::Outcome::failed;
  failed.failure = record::Failure{"worker", "the worker died", "SIGILL"};
  failed.metrics["ttft_s"] = samples::exact(0.1);  // what was measured until then
  record::Record imported = samples::cell("nano", "int8", "mmlu");
  imported.metrics["acc"] = samples::exact(0.25);
  record::set_imported(imported,
                       {"SLiM-Eval", "mmlu.json", std::string(64, 'a'), {}, {{"acc", "of few items"}}});
  return {speed, score, failed, imported};
}

inline Runs sample_runs() {
  return *runs_of(sample_records(), {});
}

}  // namespace bantam::tracker::support
