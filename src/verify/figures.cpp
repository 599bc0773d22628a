// check_speeds() and check_scores().

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "measure/block.hpp"
#include "measure/summary.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "plan/plan.hpp"
#include "record/sections.hpp"
#include "verify/verify.hpp"

namespace bantam::verify {
namespace {

using record::Record;
using record::Value;

constexpr double kSame = 1e-9;  // relative; the same arithmetic on another machine

bool is_same(double a, double b) {
  return std::abs(a - b) <= kSame * std::max({1e-300, std::abs(a), std::abs(b)});
}

bool is_same(const Value& a, const Value& b) {
  if (!is_same(a.value, b.value) || a.interval.has_value() != b.interval.has_value()) return false;
  return !a.interval ||
         (is_same(a.interval->low, b.interval->low) && is_same(a.interval->high, b.interval->high));
}

std::string text(const Value& value) {
  if (!value.interval) return fmt::format("{:.6g}", value.value);
  return fmt::format("{:.6g} [{:.6g}, {:.6g}]", value.value, value.interval->low, value.interval->high);
}

// A score whose items are 0 or 1 and add up to their mean, unless its task file says otherwise.
bool is_mean(const record::TaskFacts& task, const std::string& key) {
  const metric::TaskMetric* metric = metric::find_task_metric(metric::base_name(key));
  if (metric == nullptr || !metric->right_or_wrong) return false;
  for (const base::Json& entry : base::child_at(task.config, "metric_list")) {
    const bool is_own = base::string_at(entry, "metric").value_or("") == metric->name();
    if (is_own && base::string_at(entry, "aggregation").value_or("mean") != "mean") return false;
  }
  return true;
}

// The scores of one task: of a group's leaf, or those of the record where there is no group.
const std::map<std::string, Value>* scores_of(const Record& record, const std::string& task) {
  const auto leaf = record.subtasks.find(task);
  if (leaf != record.subtasks.end()) return &leaf->second;
  return record.subtasks.empty() ? &record.metrics : nullptr;
}

}  // namespace

Figures check_speeds(const Record& record, const std::vector<record::Trial>& trials) {
  const auto settings =
      plan::cell_settings_from(record.settings).performance.value_or(plan::PerformanceSettings{});
  measure::Observed observed;
  observed.encoder = record.metrics.contains("sequence_latency_s");
  observed.trials = trials;
  observed.load = measure::load_of(settings);
  observed.warm_up_is_forced = settings.num_warmup.has_value();
  const measure::Summary summary = measure::summarize(observed, measure::gates_for(settings));
  Figures figures;
  for (const auto& [name, value] : record.metrics) {
    const metric::Metric* metric = metric::find_metric(name);
    if (metric == nullptr || metric->group != metric::MetricGroup::speed) {
      ++figures.not_recomputed;
      continue;
    }
    const auto found = summary.metrics.find(name);
    if (found == summary.metrics.end())
      figures.wrong.push_back(fmt::format("{} is {}, its trials give none", name, text(value)));
    else if (!is_same(value, found->second))
      figures.wrong.push_back(
          fmt::format("{} is {}, its trials give {}", name, text(value), text(found->second)));
    else
      ++figures.recomputed;
  }
  return figures;
}

Figures check_scores(const Record& record, const std::vector<record::Item>& items) {
  Figures figures;
  std::int64_t all = std::ssize(record.metrics);
  for (const auto& [leaf, values] : record.subtasks) all += std::ssize(values);
  for (const record::TaskFacts& task : record::tasks(record)) {
    const auto* scores = scores_of(record, task.name);
    if (scores == nullptr) continue;
    std::int64_t count = 0;
    std::map<std::string, double> sums;
    std::map<std::string, std::int64_t> counts;
    for (const record::Item& item : items) {
      if (item.task != task.name) continue;
      ++count;
      for (const auto& [key, value] : item.metrics) {
        sums[key] += value;
        ++counts[key];
      }
    }
    if (task.items != count)
      figures.wrong.push_back(
          fmt::format("{} rests on {} items, {} are there", task.name, task.items, count));
    for (const auto& [key, value] : *scores) {
      if (!metric::is_score(key) || !is_mean(task, key) || counts[key] != count || count == 0) continue;
      const double mean = sums[key] / static_cast<double>(count);
      if (is_same(mean, value.value))
        ++figures.recomputed;
      else
        figures.wrong.push_back(
            fmt::format("{} {} is {:.6g}, its items give {:.6g}", task.name, key, value.value, mean));
    }
  }
  figures.not_recomputed = std::max<std::int64_t>(0, all - figures.recomputed - std::ssize(figures.wrong));
  return figures;
}

}  // namespace bantam::verify
