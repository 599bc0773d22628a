// What a run consists of in MLflow (tracker/mlflow.hpp), and its requests.

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "tracker/mlflow.hpp"

namespace bantam::tracker {
namespace {

using base::Json;

// MLflow's limits.
constexpr std::size_t kMostEntries = 1000;
constexpr std::size_t kMostParams = 100;
constexpr std::size_t kMostTags = 100;
constexpr std::size_t kMostBytes = 900'000;  // of 1 MB
constexpr std::size_t kLongestKey = 250;
constexpr std::size_t kLongestParam = 6000;
constexpr std::size_t kLongestTag = 5000;

constexpr std::int64_t kMilliseconds = 1000;

// At most so many bytes, the end told by an ellipsis.
std::string cut(std::string text, std::size_t most) {
  constexpr std::string_view kEllipsis = "…";
  constexpr unsigned char kContinues = 0x80;
  constexpr unsigned char kTopBits = 0xC0;
  if (text.size() <= most) return text;
  std::size_t end = most - kEllipsis.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & kTopBits) == kContinues) --end;
  text.resize(end);
  return text += kEllipsis;
}

// Keys of params and tags: MLflow takes the same characters as for metrics.
std::string key_of(std::string key) {
  std::ranges::replace_if(
      key,
      [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return !is_letter && c != '_' && c != '-' && c != '.' && c != ' ';
      },
      '_');
  key.resize(std::min(key.size(), kLongestKey));
  return key;
}

// Of two keys that become one the first counts.
std::map<std::string, std::string> with_keys(const std::map<std::string, std::string>& texts,
                                             std::size_t longest) {
  std::map<std::string, std::string> entries;
  for (const auto& [key, text] : texts) entries.emplace(key_of(key), cut(text, longest));
  return entries;
}

// Settings that all cells share stand once; those that differ stand with the task before them.
void add_settings(const Json& cells, std::map<std::string, std::string>& params) {
  std::map<std::string, std::map<std::string, std::string>> by_key;  // then by task
  for (const auto& [task, cell] : cells.items()) {
    for (auto& [key, value] : flattened(base::child_at(cell, "settings"))) by_key[key][task] = value;
  }
  for (const auto& [key, by_task] : by_key) {
    std::set<std::string> values;
    for (const auto& [task, value] : by_task) values.insert(value);
    if (values.size() == 1) params[key] = *values.begin();
    if (values.size() == 1) continue;
    for (const auto& [task, value] : by_task) params[task + "." + key] = value;
  }
}

std::map<std::string, std::string> params_of(const Run& run) {
  std::map<std::string, std::string> params;
  add_settings(base::child_at(run.config, "cells"), params);
  const auto add_below = [&params](const std::string& name, const Json& json) {
    for (auto& [key, value] : flattened(json)) params[name + "." + key] = value;
  };
  add_below("model_info", base::child_at(run.config, "model_info"));
  const Json& device = base::child_at(run.config, "device");
  for (const char* part : {"cpu", "memory", "system"})
    add_below(std::string("device.") + part, base::child_at(device, part));
  params["model"] = run.model;
  params["precision"] = run.precision;
  if (!run.point.empty()) params["point"] = run.point;
  return params;
}

std::map<std::string, std::string> tags_of(const Run& run, const MlflowOptions& options) {
  std::map<std::string, std::string> tags{{"model", run.model},
                                          {"precision", run.precision},
                                          {"device", run.device},
                                          {"machine", run.machine},
                                          {"evidence", run.evidence},
                                          {"bantam.key", run.key},
                                          {"bantam.version", BANTAM_VERSION},
                                          {"mlflow.source.name", "bantam"},
                                          {"mlflow.source.type", "LOCAL"}};
  if (!run.point.empty()) tags["point"] = run.point;
  if (run.machine.empty()) tags.erase("machine");
  const Json& engine = base::child_at(run.config, "engine");
  for (const char* member : {"name", "version", "source", "ggml_version", "ggml_commit"}) {
    if (const auto text = base::string_at(engine, member)) tags[std::string("engine.") + member] = *text;
  }
  for (const auto& [task, cell] : run.cells) {
    tags["outcome." + task] = cell.text;
    tags["evidence." + task] = cell.evidence;
  }
  for (const auto& [task, cell] : base::child_at(run.config, "cells").items()) {
    const Json& absent = base::child_at(cell, "absent");
    const Json& caveats = base::child_at(base::child_at(cell, "imported"), "caveats");
    if (!absent.empty()) tags["absent." + task] = base::to_text(absent);
    if (!caveats.empty()) tags["caveats." + task] = base::to_text(caveats);
  }
  for (const auto& [key, value] : options.tags) tags[key] = value;
  return tags;
}

Json metric_json(const std::string& name, double value, std::int64_t time_ms, std::int64_t step) {
  return {{"key", name}, {"value", value}, {"timestamp", time_ms}, {"step", step}};
}

// Fills requests one after the other.
class Batches {
 public:
  explicit Batches(std::string run_id) : run_id_(std::move(run_id)) {}

  void add(const char* list, Json entry, std::size_t most) {
    const std::size_t bytes = base::to_text(entry).size() + 1;
    const bool is_full = !batches_.empty() && (entries_ >= kMostEntries || bytes_ + bytes > kMostBytes ||
                                               batches_.back()[list].size() >= most);
    if (batches_.empty() || is_full) begin();
    batches_.back()[list].push_back(std::move(entry));
    ++entries_;
    bytes_ += bytes;
  }
  std::vector<Json> take() && { return std::move(batches_); }

 private:
  void begin() {
    batches_.push_back(Json{
        {"run_id", run_id_}, {"metrics", Json::array()}, {"params", Json::array()}, {"tags", Json::array()}});
    entries_ = 0;
    bytes_ = 0;
  }

  std::string run_id_;
  std::vector<Json> batches_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::vector<Json> mlflow_batches(const Run& run, const MlflowOptions& options, const std::string& run_id) {
  const std::int64_t end_ms = base::utc_seconds(run.finished_at).value_or(0) * kMilliseconds;
  Batches batches(run_id);
  for (const auto& [key, value] : with_keys(params_of(run), kLongestParam))
    batches.add("params", {{"key", key}, {"value", value}}, kMostParams);
  for (const auto& [key, value] : with_keys(tags_of(run, options), kLongestTag))
    batches.add("tags", {{"key", key}, {"value", value}}, kMostTags);
  for (const Figure& figure : run.figures) {
    for (const auto& [name, value] : named_values(figure))
      batches.add("metrics", metric_json(name, value, end_ms, 0), kMostEntries);
  }
  for (const Step& step : run.steps) {
    const std::int64_t time_ms = step.time_s ? *step.time_s * kMilliseconds : end_ms;
    for (const auto& [metric, value] : step.values)
      batches.add("metrics", metric_json(step_name(metric), value, time_ms, step.round), kMostEntries);
  }
  return std::move(batches).take();
}

}  // namespace bantam::tracker
