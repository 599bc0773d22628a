#include "analyze/configuration.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "plan/precision.hpp"
#include "record/sections.hpp"

namespace bantam::analyze {
namespace {

using record::Outcome;
using record::Record;

bool is_newer(const Record& a, const Record& b) {
  return a.finished_at >= b.finished_at;
}

void add(std::vector<Configuration>& all, const Record& record, std::vector<std::string>& notes) {
  auto found = std::ranges::find_if(all, [&](const Configuration& configuration) {
    return configuration.model == record.model && configuration.precision == record.precision &&
           configuration.point == record.point;
  });
  if (found == all.end())
    found = all.insert(all.end(), {record.model, record.precision, {}, false, record.point});
  if (record::is_predicted(record) && record.task == kPerformance) {
    found->predicted = record;
    return;
  }
  auto [place, is_first] = found->cells.try_emplace(record.task, record);
  if (is_first) return;
  if (is_newer(record, place->second)) place->second = record;
  notes.push_back(
      fmt::format("{} {} {} was measured with several settings or on several machines; the newest is shown",
                  record.model, setup_name(record.precision, record.point), record.task));
}

// A fact of the model file from the record's metrics or, for cells that do not measure it, its model_info.
std::optional<double> model_fact(const Record& record, std::string_view metric) {
  const auto found = record.metrics.find(std::string(metric));
  if (found != record.metrics.end()) return found->second.value;
  return record::model_figure(record, metric);
}

struct ModelFact {
  double value = 0.0;
  record::Evidence evidence = record::Evidence::measured;
};
// The first of the best evidence.
std::optional<ModelFact> model_fact(const Configuration& configuration, std::string_view metric) {
  std::optional<ModelFact> best;
  const auto look = [&](const Record& record) {
    const auto value = model_fact(record, metric);
    const record::Evidence evidence = record::evidence_of(record);
    if (value && (!best || evidence < best->evidence)) best = ModelFact{*value, evidence};
  };
  for (const auto& [task, record] : configuration.cells) look(record);
  if (configuration.predicted) look(*configuration.predicted);
  return best;
}

double bits(const Configuration& configuration) {
  if (const auto known = model_fact(configuration, "bits_per_weight")) return known->value;
  const auto precision = plan::parse_precision(configuration.precision);
  return precision ? precision->bits : 0.0;
}

// Models stay together in the order in which they first came.
void sort_by_bits(std::vector<Configuration>& all) {
  std::vector<std::string> models;
  for (const Configuration& configuration : all) {
    if (std::ranges::find(models, configuration.model) == models.end()) models.push_back(configuration.model);
  }
  std::ranges::stable_sort(all, {}, [&](const Configuration& configuration) {
    const auto place = std::ranges::find(models, configuration.model) - models.begin();
    return std::pair(place, -bits(configuration));
  });
}

Entry record_entry(const Record& record, const std::string& metric) {
  if (record.outcome != Outcome::ok) return {std::nullopt, outcome_text(record)};
  if (const auto found = record.metrics.find(metric); found != record.metrics.end())
    return {found->second, {}, record::evidence_of(record)};
  const auto reason = record.absent.find(metric);
  if (reason != record.absent.end()) return {std::nullopt, reason->second};
  return {std::nullopt, record::is_predicted(record) ? "not predicted" : "not measured"};
}

// Whether the model of this cell gives no text. Absent where the record does not tell.
std::optional<bool> encodes(const Record& record) {
  if (record.metrics.contains("sequence_latency_s")) return true;
  if (record.metrics.contains("ttft_s")) return false;
  return std::nullopt;
}

// A cell that failed does not tell; its model's others do.
void tell_encoders(std::vector<Configuration>& all) {
  std::set<std::string> encoders;
  for (const Configuration& configuration : all) {
    for (const auto& [task, record] : configuration.cells) {
      if (encodes(record).value_or(false)) encoders.insert(configuration.model);
    }
  }
  for (Configuration& configuration : all) configuration.encodes = encoders.contains(configuration.model);
}

void put_first(std::vector<std::string>& keys, const std::string& first) {
  std::erase(keys, first);
  keys.insert(keys.begin(), first);
}

// The task of the cell that measures the metrics of a group.
std::string measuring_task(metric::MetricGroup group) {
  if (group == metric::MetricGroup::energy) return std::string(kEnergy);
  if (group == metric::MetricGroup::resources) return std::string(kResources);
  if (group == metric::MetricGroup::fidelity) return std::string(kFidelity);
  if (group == metric::MetricGroup::similarity) return std::string(kSimilarity);
  return std::string(kPerformance);
}

}  // namespace

std::string setup_name(std::string_view precision, std::string_view point) {
  return point.empty() ? std::string(precision) : fmt::format("{} {}", precision, point);
}

std::vector<Configuration> gather(const std::vector<Record>& records, std::vector<std::string>& notes) {
  std::vector<Configuration> all;
  std::vector<std::string> repeats;
  for (const Record& record : records) add(all, record, repeats);
  std::ranges::sort(repeats);
  const auto surplus = std::ranges::unique(repeats);
  notes.insert(notes.end(), repeats.begin(), surplus.begin());
  sort_by_bits(all);
  tell_encoders(all);
  return all;
}

Entry metric_entry(const Configuration& configuration, std::string_view metric) {
  const metric::Metric* entry = metric::find_metric(metric);
  if (entry && entry->group == metric::MetricGroup::model) {
    if (const auto fact = model_fact(configuration, metric))
      return {record::Value{fact->value, {}, {}, {}}, {}, fact->evidence};
  }
  const std::string task = entry ? measuring_task(entry->group) : std::string(kPerformance);
  const auto cell = configuration.cells.find(task);
  const bool is_run = cell != configuration.cells.end();
  Entry found = is_run ? record_entry(cell->second, std::string(metric)) : Entry{std::nullopt, "not run"};
  if (found.value || task != kPerformance || !configuration.predicted) return found;
  // A cell that did not end well is a result, which no prediction takes back.
  if (is_run && cell->second.outcome != Outcome::ok && !record::is_imported(cell->second)) return found;
  Entry predicted = record_entry(*configuration.predicted, std::string(metric));
  return predicted.value || !is_run ? predicted : found;
}

bool is_imported(const Configuration& configuration, const metric::Metric& metric) {
  return metric_entry(configuration, metric.name).is_imported();
}

bool is_imported(const Configuration& configuration, const ScoreColumn& column) {
  const auto cell = configuration.cells.find(column.task);
  return cell != configuration.cells.end() && record::is_imported(cell->second);
}

Entry score_entry(const Configuration& configuration, const ScoreColumn& column) {
  const auto cell = configuration.cells.find(column.task);
  if (cell == configuration.cells.end()) return {std::nullopt, "not run"};
  return record_entry(cell->second, column.metric);
}

namespace {

// Metrics of the record's tasks that their Python code gives, under names of its own.
std::set<std::string> scores_of_code(const Record& record) {
  std::set<std::string> names;
  const base::Json& code = base::child_at(record.task_info, "code_sha256");
  for (const record::TaskFacts& task : record::tasks(record)) {
    if (code.is_object() && code.contains(task.name)) names.insert(task.metrics.begin(), task.metrics.end());
  }
  return names;
}

}  // namespace

std::vector<std::string> asked_scores(const Record& record) {
  const std::set<std::string> of_code = scores_of_code(record);
  const auto is_score = [&of_code](const std::string& key) {
    return metric::is_score(key) || of_code.contains(std::string(metric::base_name(key)));
  };
  std::set<std::string> keys;
  for (const auto& [key, value] : record.metrics) {
    if (is_score(key)) keys.insert(key);
  }
  for (const auto& [key, reason] : record.absent) {
    if (is_score(key)) keys.insert(key);
  }
  std::vector<std::string> asked;
  const auto add = [&](std::string_view metric) {
    for (const std::string& key : keys) {
      const bool is_new = std::ranges::find(asked, key) == asked.end();
      if (metric::base_name(key) == metric && is_new) asked.push_back(key);
    }
  };
  for (const record::TaskFacts& task : record::tasks(record)) {
    for (const std::string& metric : task.metrics) add(metric);
  }
  if (!asked.empty()) {
    put_first(asked, metric::leading_score(asked));
    return asked;
  }
  std::erase_if(keys, metric::is_named_average);
  asked.assign(keys.begin(), keys.end());
  if (!asked.empty()) put_first(asked, metric::headline_metric(keys));
  return asked;
}

std::vector<ScoreColumn> asked_columns(const std::vector<Configuration>& configurations) {
  std::map<std::string, std::vector<std::string>> scores;
  for (const Configuration& configuration : configurations) {
    for (const auto& [task, record] : configuration.cells) {
      if (!record::is_scored_task(task)) continue;
      std::vector<std::string>& known = scores[task];
      for (const std::string& key : asked_scores(record)) {
        if (std::ranges::find(known, key) == known.end()) known.push_back(key);
      }
      if (const auto adaptive = record::adaptive(record)) put_first(known, adaptive->metric);
    }
  }
  std::vector<ScoreColumn> columns;
  for (const auto& [task, keys] : scores) {
    if (keys.empty()) columns.push_back({task, metric::headline_metric({})});
    for (const std::string& key : keys) columns.push_back({task, key});
  }
  return columns;
}

std::vector<ScoreColumn> score_columns(const std::vector<Configuration>& configurations) {
  std::vector<ScoreColumn> columns;
  for (ScoreColumn& column : asked_columns(configurations)) {
    if (columns.empty() || columns.back().task != column.task) columns.push_back(std::move(column));
  }
  return columns;
}

bool counts_every_item(const Record& record, const std::string& count) {
  const auto found = record.metrics.find(count);
  if (found == record.metrics.end()) return false;
  const std::int64_t items = found->second.n.value_or(0);
  return items > 0 && found->second.value == static_cast<double>(items);
}

std::optional<std::string> why_no_answers(const Record& record) {
  if (counts_every_item(record, "empty")) return "every answer is empty";
  if (counts_every_item(record, "unparsed")) return "no answer could be parsed";
  return std::nullopt;
}

std::string outcome_text(const Record& record) {
  std::string reason = base::join(record.reasons, "; ");
  if (record.failure) reason = record.failure->signal.value_or(record.failure->message);
  return reason.empty() ? std::string(name(record.outcome))
                        : fmt::format("{}: {}", name(record.outcome), reason);
}

}  // namespace bantam::analyze
