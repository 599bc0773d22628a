// results_csv() and impact_csv().

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "report/analysis_page.hpp"
#include "report/grouped_lines.hpp"
#include "report/phrases.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Change;
using analyze::Configuration;
using analyze::Impact;
using analyze::ScoreChange;
using metric::Metric;
using record::Value;
using table::Sheet;

void add_limits(Sheet& sheet, const std::string& column, const std::optional<stats::Interval>& interval) {
  interval ? sheet.number(column + "_low", interval->low) : sheet.absent(column + "_low");
  interval ? sheet.number(column + "_high", interval->high) : sheet.absent(column + "_high");
}

std::optional<stats::Interval> interval_in(const std::optional<Value>& value) {
  return value ? analyze::interval_of(*value) : std::nullopt;
}

// Outcome of the configuration's cells: "ok", or "int8's task: failed: SIGILL" for each that is not.
std::string status_text(const Configuration& configuration) {
  std::vector<std::string> problems;
  for (const auto& [task, record] : configuration.cells) {
    if (record.outcome == record::Outcome::ok) continue;
    problems.push_back(fmt::format("{}: {}", task, analyze::outcome_text(record)));
  }
  return problems.empty() ? "ok" : base::join(problems, "; ");
}

// One word for the configuration: "ok", or the gravest outcome among its cells.
std::string outcome(const Configuration& configuration) {
  using enum record::Outcome;
  for (const record::Outcome gravest : {failed, invalid, skipped}) {
    for (const auto& [task, record] : configuration.cells) {
      if (record.outcome == gravest) return std::string(record::name(gravest));
    }
  }
  return std::string(record::name(ok));
}

// "acc is 1 on every item: qa and topic; ...".
std::string warnings_text(const Configuration& configuration) {
  std::vector<Told> told;
  for (const auto& [task, record] : configuration.cells) {
    for (Told& warning : warnings_of(record)) told.push_back(std::move(warning));
  }
  return base::join(grouped_lines(told), "; ");
}

void add_metrics(Sheet& sheet, const Configuration& configuration) {
  for (const Metric& metric : metric::catalogue()) {
    if (metric::is_of_task(metric)) continue;
    const std::string column(metric.name);
    const auto value = metric_entry(configuration, metric.name).value;
    sheet.number(column, value ? std::optional(value->value) : std::nullopt);
    if (metric.group != metric::MetricGroup::speed || metric.direction == metric::Direction::neutral)
      continue;
    add_limits(sheet, column, interval_in(value));
    sheet.number(column + "_n", value ? value->n : std::nullopt);
  }
}

// Every metric that any configuration has for a task, so that all rows have the same columns.
using TaskMetrics = std::map<std::string, std::set<std::string>>;

TaskMetrics task_metrics(const Analysis& analysis) {
  TaskMetrics metrics;
  for (const analyze::ScoreColumn& column : analysis.columns) {
    for (const Configuration& configuration : analysis.configurations) {
      const auto cell = configuration.cells.find(column.task);
      if (cell == configuration.cells.end()) continue;
      for (const auto& [key, value] : cell->second.metrics) metrics[column.task].insert(key);
    }
  }
  return metrics;
}

// Where items were taken in stages, how many there are in all; the scores' own n says how many were used.
void add_stages(Sheet& sheet, const Configuration& configuration, const std::string& task) {
  const auto cell = configuration.cells.find(task);
  if (cell == configuration.cells.end()) return;
  const auto stages = analyze::stages(cell->second);
  if (stages) sheet.count(task + ":items_total", stages->total);
}

void add_scores(Sheet& sheet, const Configuration& configuration, const TaskMetrics& tasks) {
  for (const auto& [task, keys] : tasks) {
    add_stages(sheet, configuration, task);
    for (const std::string& key : keys) {
      const std::string column = fmt::format("{}:{}", task, key);
      const auto value = score_entry(configuration, {task, key}).value;
      sheet.number(column, value ? std::optional(value->value) : std::nullopt);
      const Metric* metric = metric::find_metric(key);
      if (metric && metric->group != metric::MetricGroup::accuracy) continue;
      sheet.number(column + "_stderr", value ? value->std_error : std::nullopt);
      add_limits(sheet, column, interval_in(value));
      sheet.number(column + "_n", value ? value->n : std::nullopt);
    }
  }
}

void add_speed_up(Sheet& sheet, const Impact& impact, const std::string& column,
                  const std::string& metric_name) {
  const auto found = impact.changes.find(metric_name);
  const Metric& metric = *metric::find_metric(metric_name);
  if (found == impact.changes.end()) {
    sheet.absent(column);
    add_limits(sheet, column, std::nullopt);
    return;
  }
  sheet.number(column, found->second.factor(metric));
  add_limits(sheet, column, found->second.factor_interval(metric));
}

// Ratio to the base and the share that is saved: 1 - ratio.
void add_reduction(Sheet& sheet, const Impact& impact, const std::string& name,
                   const std::string& metric_name) {
  const auto found = impact.changes.find(metric_name);
  const bool is_there = found != impact.changes.end();
  sheet.number(name + "_ratio", is_there ? std::optional(found->second.ratio) : std::nullopt);
  sheet.number(name + "_reduction", is_there ? std::optional(1.0 - found->second.ratio) : std::nullopt);
}

// The score that a comparison starts from; absent where the base has none.
std::optional<double> base_score(const Analysis& analysis, const Impact& impact,
                                 const analyze::ScoreColumn& column) {
  const auto base = std::ranges::find_if(analysis.configurations, [&](const Configuration& one) {
    return one.model == impact.base_model && one.precision == impact.base_precision &&
           one.point == impact.base_point;
  });
  if (base == analysis.configurations.end()) return std::nullopt;
  const analyze::Entry entry = analyze::score_entry(*base, column);
  return entry.value ? std::optional(entry.value->value) : std::nullopt;
}

// What is lost as a share of the base's score; absent where that is 0.
std::optional<double> drop(const std::optional<double>& base, const ScoreChange* change) {
  if (!base || !change || *base == 0.0) return std::nullopt;
  return (0.0 - change->difference) / *base;  // never -0
}

void add_score_change(Sheet& sheet, const Analysis& analysis, const Impact& impact,
                      const analyze::ScoreColumn& column) {
  const std::string name = fmt::format("{}:{}_difference", column.task, column.metric);
  const auto found =
      std::ranges::find_if(impact.scores, [&](const ScoreChange& c) { return c.column.task == column.task; });
  const ScoreChange* change = found == impact.scores.end() ? nullptr : &*found;
  const bool is_paired = change && (change->p || change->decided);
  sheet.number(name, change ? std::optional(change->difference) : std::nullopt);
  add_limits(sheet, name, change ? change->interval : std::nullopt);
  sheet.number(fmt::format("{}:{}_drop", column.task, column.metric),
               drop(base_score(analysis, impact, column), change));
  sheet.number(column.task + ":items", is_paired ? std::optional(change->n) : std::nullopt);
  sheet.number(column.task + ":lost", is_paired ? std::optional(change->lost) : std::nullopt);
  sheet.number(column.task + ":gained", is_paired ? std::optional(change->gained) : std::nullopt);
  sheet.number(column.task + ":p", change ? change->p : std::nullopt);
  sheet.number(column.task + ":p_holm", change ? change->p_holm : std::nullopt);
  sheet.number(column.task + ":detectable", change ? change->detectable : std::nullopt);
  const auto refused = impact.refused.find(column.task);
  const std::string remark = change && change->decided         ? as_decision(*change->decided)
                             : change && change->doubt         ? *change->doubt
                             : change && change->no_answers    ? *change->no_answers
                             : change                          ? change->unpaired.value_or("")
                             : refused == impact.refused.end() ? ""
                                                               : refused->second;
  sheet.text(column.task + ":verdict", change ? std::string(analyze::name(change->verdict)) : "");
  sheet.text(column.task + ":remark", remark);
}

}  // namespace

std::string results_csv(const Analysis& analysis) {
  Sheet sheet;
  const TaskMetrics tasks = task_metrics(analysis);
  for (const Configuration& configuration : analysis.configurations) {
    sheet.start_row();
    sheet.text("model", configuration.model);
    sheet.text("precision", configuration.precision);
    if (!configuration.point.empty()) sheet.text("point", configuration.point);
    sheet.text("status", status_text(configuration));
    sheet.text("outcome", outcome(configuration));
    sheet.text("warnings", warnings_text(configuration));
    add_metrics(sheet, configuration);
    add_scores(sheet, configuration, tasks);
  }
  return sheet.csv();
}

std::string impact_csv(const Analysis& analysis) {
  Sheet sheet;
  for (const Impact& impact : analysis.impacts) {
    sheet.start_row();
    sheet.text("model", impact.model);
    sheet.text("precision", impact.precision);
    if (!impact.point.empty()) sheet.text("point", impact.point);
    sheet.text("base_model", impact.base_model);
    sheet.text("base_precision", impact.base_precision);
    if (!impact.base_point.empty()) sheet.text("base_point", impact.base_point);
    add_speed_up(sheet, impact, "decode_speedup", "decode_tokens_per_s");
    add_speed_up(sheet, impact, "prefill_speedup", "prefill_tokens_per_s");
    add_speed_up(sheet, impact, "ttft_speedup", "ttft_s");
    add_speed_up(sheet, impact, "e2e_latency_speedup", "e2e_latency_s");
    add_speed_up(sheet, impact, "batch_output_speedup", "batch_output_tokens_per_s");
    add_reduction(sheet, impact, "pss_peak", "pss_peak_bytes");
    add_reduction(sheet, impact, "private_peak", "private_peak_bytes");
    add_reduction(sheet, impact, "file_size", "file_bytes");
    add_speed_up(sheet, impact, "amortized_latency_speedup", "amortized_latency_s");
    add_reduction(sheet, impact, "preallocated", "preallocated_bytes");
    add_reduction(sheet, impact, "weights", "weight_bytes");
    add_reduction(sheet, impact, "energy_per_request", "energy_per_request_j");
    for (const analyze::ScoreColumn& column : analysis.columns)
      add_score_change(sheet, analysis, impact, column);
  }
  return sheet.csv();
}

}  // namespace bantam::report
