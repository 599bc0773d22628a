// render_results_csv() and render_impact_csv(): RFC 4180, one record per line, plain numbers in base units.
// An empty field is an absent value. A text that a spreadsheet would take for a formula gets a leading
// apostrophe.

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "report/phrases.hpp"
#include "report/render.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Change;
using analyze::Configuration;
using analyze::Impact;
using analyze::ScoreChange;
using metric::Metric;
using record::Value;

std::string quoted(std::string text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return fmt::format("\"{}\"", base::replace_all(std::move(text), "\"", "\"\""));
}

std::string text_field(std::string text) {
  static constexpr std::string_view kFormulaStarts = "=+-@\t\r";
  const bool is_formula = !text.empty() && kFormulaStarts.find(text.front()) != std::string_view::npos;
  return quoted(is_formula ? fmt::format("'{}", text) : std::move(text));
}

// The shortest text that reads back to the same value, without a ".0" on whole numbers.
std::string number_field(double value) {
  std::string text = base::to_text(base::Json(value));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

// Collects fields by column name; columns come in the order in which they were first named.
class Sheet {
 public:
  void start_row() { rows_.emplace_back(); }
  void text(const std::string& column, std::string value) { set(column, text_field(std::move(value))); }
  void number(const std::string& column, double value) { set(column, number_field(value)); }
  void count(const std::string& column, std::int64_t value) { set(column, fmt::format("{}", value)); }
  void absent(const std::string& column) { set(column, ""); }

  // A column for a value that may be absent.
  template <typename T>
  void number(const std::string& column, const std::optional<T>& value) {
    value ? number(column, static_cast<double>(*value)) : absent(column);
  }

  void limits(const std::string& column, const std::optional<stats::Interval>& interval) {
    interval ? number(column + "_low", interval->low) : absent(column + "_low");
    interval ? number(column + "_high", interval->high) : absent(column + "_high");
  }

  std::string text() const {
    std::vector<std::string> heads;
    for (const std::string& column : columns_) heads.push_back(text_field(column));
    std::string out = base::join(heads, ",") + "\r\n";
    for (const auto& row : rows_) {
      std::vector<std::string> fields;
      for (const std::string& column : columns_) {
        const auto field = row.find(column);
        fields.push_back(field == row.end() ? "" : field->second);
      }
      out += base::join(fields, ",") + "\r\n";
    }
    return out;
  }

 private:
  void set(const std::string& column, std::string field) {
    if (known_.insert(column).second) columns_.push_back(column);
    rows_.back()[column] = std::move(field);
  }

  std::vector<std::string> columns_;
  std::set<std::string> known_;
  std::vector<std::map<std::string, std::string>> rows_;
};

std::optional<stats::Interval> interval_of(const std::optional<Value>& value) {
  if (!value || !value->interval) return std::nullopt;
  return stats::Interval{value->interval->low, value->interval->high};
}

// Outcome of the configuration's cells: "ok", or "int8's task: failed: SIGILL" for each that is not.
std::string status_of(const Configuration& configuration) {
  std::vector<std::string> problems;
  for (const auto& [task, record] : configuration.cells) {
    if (record.outcome == record::Outcome::ok) continue;
    problems.push_back(fmt::format("{}: {}", task, analyze::outcome_text(record)));
  }
  return problems.empty() ? "ok" : base::join(problems, "; ");
}

void add_metrics(Sheet& sheet, const Configuration& configuration) {
  for (const Metric& metric : metric::catalogue()) {
    const bool is_score = metric.group == metric::MetricGroup::accuracy;
    if (is_score || metric.group == metric::MetricGroup::generation) continue;
    const std::string column(metric.name);
    const auto value = metric_entry(configuration, metric.name).value;
    sheet.number(column, value ? std::optional(value->value) : std::nullopt);
    if (metric.group != metric::MetricGroup::speed || metric.direction == metric::Direction::neutral)
      continue;
    sheet.limits(column, interval_of(value));
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
      sheet.limits(column, interval_of(value));
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
    sheet.limits(column, std::nullopt);
    return;
  }
  sheet.number(column, found->second.factor(metric));
  sheet.limits(column, found->second.factor_interval(metric));
}

// Ratio to the base and the share that is saved: 1 - ratio.
void add_reduction(Sheet& sheet, const Impact& impact, const std::string& name,
                   const std::string& metric_name) {
  const auto found = impact.changes.find(metric_name);
  const bool is_there = found != impact.changes.end();
  sheet.number(name + "_ratio", is_there ? std::optional(found->second.ratio) : std::nullopt);
  sheet.number(name + "_reduction", is_there ? std::optional(1.0 - found->second.ratio) : std::nullopt);
}

void add_score_change(Sheet& sheet, const Impact& impact, const analyze::ScoreColumn& column) {
  const std::string name = fmt::format("{}:{}_difference", column.task, column.metric);
  const auto found =
      std::ranges::find_if(impact.scores, [&](const ScoreChange& c) { return c.column.task == column.task; });
  const ScoreChange* change = found == impact.scores.end() ? nullptr : &*found;
  const bool is_paired = change && (change->p || change->decided);
  sheet.number(name, change ? std::optional(change->difference) : std::nullopt);
  sheet.limits(name, change ? change->interval : std::nullopt);
  sheet.number(column.task + ":items", is_paired ? std::optional(change->n) : std::nullopt);
  sheet.number(column.task + ":lost", is_paired ? std::optional(change->lost) : std::nullopt);
  sheet.number(column.task + ":gained", is_paired ? std::optional(change->gained) : std::nullopt);
  sheet.number(column.task + ":p", change ? change->p : std::nullopt);
  sheet.number(column.task + ":p_holm", change ? change->p_holm : std::nullopt);
  sheet.number(column.task + ":detectable", change ? change->detectable : std::nullopt);
  const auto refused = impact.refused.find(column.task);
  const std::string remark = change && change->decided         ? as_decision(*change->decided)
                             : change                          ? change->unpaired
                             : refused == impact.refused.end() ? ""
                                                               : refused->second;
  sheet.text(column.task + ":verdict", change ? std::string(analyze::name(change->verdict)) : "");
  sheet.text(column.task + ":remark", remark);
}

}  // namespace

std::string render_results_csv(const Analysis& analysis) {
  Sheet sheet;
  const TaskMetrics tasks = task_metrics(analysis);
  for (const Configuration& configuration : analysis.configurations) {
    sheet.start_row();
    sheet.text("model", configuration.model);
    sheet.text("precision", configuration.precision);
    sheet.text("status", status_of(configuration));
    add_metrics(sheet, configuration);
    add_scores(sheet, configuration, tasks);
  }
  return sheet.text();
}

std::string render_impact_csv(const Analysis& analysis) {
  Sheet sheet;
  for (const Impact& impact : analysis.impacts) {
    sheet.start_row();
    sheet.text("model", impact.model);
    sheet.text("precision", impact.precision);
    sheet.text("base_precision", impact.base_precision);
    add_speed_up(sheet, impact, "decode_speedup", "decode_tokens_per_s");
    add_speed_up(sheet, impact, "prefill_speedup", "prefill_tokens_per_s");
    add_speed_up(sheet, impact, "ttft_speedup", "ttft_s");
    add_speed_up(sheet, impact, "e2e_latency_speedup", "e2e_latency_s");
    add_speed_up(sheet, impact, "batch_output_speedup", "batch_output_tokens_per_s");
    add_reduction(sheet, impact, "pss_peak", "pss_peak_bytes");
    add_reduction(sheet, impact, "private_peak", "private_peak_bytes");
    add_reduction(sheet, impact, "file_size", "file_bytes");
    for (const analyze::ScoreColumn& column : analysis.columns) add_score_change(sheet, impact, column);
  }
  return sheet.text();
}

}  // namespace bantam::report
