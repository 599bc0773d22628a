#include "report/analysis_tables.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using analyze::Entry;
using analyze::Impact;
using analyze::ScoreChange;
using analyze::ScoreColumn;
using analyze::Verdict;
using metric::Metric;
using table::Cell;
using table::Mark;
using table::Table;

// The figures people look at first. All others are in the CSV and JSON files.
constexpr auto kSpeedColumns = std::to_array<std::string_view>(
    {"ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s", "e2e_latency_s",
     "batch_output_tokens_per_s", "sequence_latency_s", "sequences_per_s", "load_warm_s", "load_cold_s",
     "pp_tokens_per_s", "tg_tokens_per_s"});
constexpr auto kMemoryColumns =
    std::to_array<std::string_view>({"parameters", "bits_per_weight", "file_bytes", "private_peak_bytes",
                                     "pss_peak_bytes", "weights_resident_bytes", "device_memory_bytes"});
constexpr auto kFidelityColumns =
    std::to_array<std::string_view>({"bits_per_weight", "file_bytes", "chunk_perplexity", "perplexity_ratio",
                                     "kld_mean", "kld_p99", "top_token_agreement"});
constexpr auto kSimilarityColumns = std::to_array<std::string_view>(
    {"similarity_cosine", "similarity_cosine_min", "similarity_equal_answers", "similarity_equal_tokens",
     "answer_tokens_per_s", "answer_latency_s", "answer_memory_bytes"});
constexpr auto kImpactColumns = std::to_array<std::string_view>(
    {"decode_tokens_per_s", "prefill_tokens_per_s", "ttft_s", "batch_output_tokens_per_s"});

// How the reason begins that a base has no damage.
constexpr std::string_view kIsBase = "this is the base precision";

std::string column_head(const Metric& metric) {
  const bool unit_is_in_the_value =
      metric.format == metric::MetricFormat::seconds || metric.format == metric::MetricFormat::bytes;
  if (metric.unit.empty() || unit_is_in_the_value || metric.unit == "bit") return std::string(metric.title);
  return fmt::format("{} {}", metric.title, metric.unit);
}

Mark winner_mark(const Analysis& analysis, std::string_view task, std::string_view metric, std::size_t row) {
  for (const analyze::Winner& winner : analysis.winners) {
    if (winner.task != task || winner.metric != metric) continue;
    const bool shares = std::ranges::find(winner.sharing, row) != winner.sharing.end();
    if (winner.best == row) return winner.decided() ? Mark::best : Mark::shared;
    return shares ? Mark::shared : Mark::none;
  }
  return Mark::none;
}

// "failed", "invalid", "skipped" in place of a value; the problem list tells the rest.
Cell cell_without_value(const Entry& entry) {
  for (const char* outcome : {"failed", "invalid", "skipped"}) {
    if (entry.absent.starts_with(outcome)) return {outcome, Mark::problem};
  }
  return {"–", Mark::none};
}

std::vector<Cell> key_cells(const Configuration& configuration) {
  return {{configuration.model, Mark::none}, {configuration.precision, Mark::none}};
}

// The one reason why no configuration has a value; empty when there are several, or none worth telling.
std::string common_reason(const std::vector<Entry>& entries) {
  std::set<std::string> reasons;
  for (const Entry& entry : entries) reasons.insert(entry.absent);
  if (reasons.size() != 1 || *reasons.begin() == "not run" || *reasons.begin() == "not measured") return {};
  return *reasons.begin();
}

bool has_value(const std::vector<Entry>& entries) {
  return std::ranges::any_of(entries, [](const Entry& entry) { return entry.value.has_value(); });
}

// Adds a column unless it would be empty.
void add_metric(Table& table, const Analysis& analysis, const Metric& metric) {
  std::vector<Entry> entries;
  for (const Configuration& c : analysis.configurations) entries.push_back(metric_entry(c, metric.name));
  if (!has_value(entries)) {
    const std::string reason = common_reason(entries);
    const bool is_outcome = cell_without_value(entries.front()).mark == Mark::problem;
    const bool is_choice = reason.ends_with("is not asked for");
    if (!reason.empty() && !is_outcome && !is_choice) {
      table.notes.push_back(fmt::format("No {}: {}.", metric.title, reason));
    }
    return;
  }
  table.add_column(column_head(metric));
  for (std::size_t row = 0; row < entries.size(); ++row) {
    const auto& value = entries[row].value;
    table.rows[row].push_back(value ? Cell{with_spread(metric, *value),
                                           winner_mark(analysis, analyze::kPerformance, metric.name, row)}
                                    : cell_without_value(entries[row]));
  }
}

Table table_of_metrics(std::string title, const Analysis& analysis,
                       std::span<const std::string_view> metrics) {
  Table table(std::move(title), 2, {"Model", "Precision"});
  for (const Configuration& configuration : analysis.configurations)
    table.rows.push_back(key_cells(configuration));
  for (const std::string_view name : metrics) {
    if (const Metric* metric = metric::find_metric(name)) add_metric(table, analysis, *metric);
  }
  return table;
}

// " on 50 of 400" behind a score that is of a part of the items; else empty.
std::string part_text(const Configuration& configuration, const std::string& task) {
  const auto cell = configuration.cells.find(task);
  if (cell == configuration.cells.end()) return {};
  const auto stages = analyze::stages(cell->second);
  if (!stages || !stages->stopped_early()) return {};
  return fmt::format(" on {} of {}", stages->used, stages->total);
}

Table accuracy_table(const Analysis& analysis) {
  Table table("Accuracy", 2, {"Model", "Precision"});
  for (const Configuration& configuration : analysis.configurations)
    table.rows.push_back(key_cells(configuration));
  for (const ScoreColumn& column : analysis.columns) {
    const Metric* metric = metric::find_metric(column.metric);
    if (metric == nullptr) continue;
    table.add_column(fmt::format("{} {}", column.task, column.metric));
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
      const Entry entry = score_entry(analysis.configurations[row], column);
      const std::string part = part_text(analysis.configurations[row], column.task);
      table.rows[row].push_back(entry.value ? Cell{with_limits(*metric, *entry.value) + part,
                                                   winner_mark(analysis, column.task, column.metric, row)}
                                            : cell_without_value(entry));
    }
  }
  return table;
}

// A value with the uncertainty that fits it: perplexity ± its standard error, ratios and shares with the
// limits of their interval, others with its width.
std::string damage_text(const Metric& metric, const record::Value& value) {
  if (metric.name == "chunk_perplexity" && value.std_error) {
    return fmt::format("{} ± {}", metric::format_value(metric, value.value),
                       base::format_significant(*value.std_error));
  }
  const bool limits = metric.name == "perplexity_ratio" || metric.format == metric::MetricFormat::percent;
  return limits ? with_limits(metric, value) : with_spread(metric, value);
}

// What the configurations with a cell of this task lost against their base.
Table damage_table(std::string title, const Analysis& analysis, std::string_view task,
                   std::span<const std::string_view> metrics) {
  Table table(std::move(title), 2, {"Model", "Precision"});
  std::vector<const Configuration*> shown;
  for (const Configuration& configuration : analysis.configurations) {
    if (!configuration.cells.contains(std::string(task))) continue;
    shown.push_back(&configuration);
    table.rows.push_back(key_cells(configuration));
  }
  for (const std::string_view name : metrics) {
    const Metric& metric = *metric::find_metric(name);
    std::vector<Entry> entries;
    for (const Configuration* configuration : shown) entries.push_back(metric_entry(*configuration, name));
    if (!has_value(entries)) continue;
    table.add_column(column_head(metric));
    for (std::size_t row = 0; row < entries.size(); ++row) {
      const Entry& entry = entries[row];
      const bool is_base = entry.absent.starts_with(kIsBase);
      table.rows[row].push_back(entry.value ? Cell{damage_text(metric, *entry.value), Mark::none}
                                : is_base   ? Cell{"base", Mark::none}
                                            : cell_without_value(entry));
    }
  }
  return table;
}

Mark verdict_mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::better:
      return Mark::best;
    case Verdict::worse:
      return Mark::worse;
    case Verdict::equal:
    case Verdict::alike:
    case Verdict::undecided:
      return Mark::shared;
  }
  return Mark::none;
}

std::vector<Cell> key_cells(const Impact& impact) {
  return {{impact.model, Mark::none},
          {fmt::format("{} vs {}", impact.precision, impact.base_precision), Mark::none}};
}

void add_change(Table& table, const std::vector<Impact>& impacts, std::string_view name) {
  const Metric& metric = *metric::find_metric(name);
  const auto has_it = [&](const Impact& impact) { return impact.changes.contains(std::string(name)); };
  if (std::ranges::none_of(impacts, has_it)) return;
  const bool is_speed = metric.group == metric::MetricGroup::speed;
  table.add_column(fmt::format("{} {}", metric.title, is_speed ? "speed-up" : "ratio"));
  for (std::size_t row = 0; row < impacts.size(); ++row) {
    if (!has_it(impacts[row])) {
      table.rows[row].push_back({"–", Mark::none});
      continue;
    }
    const analyze::Change& change = impacts[row].changes.at(std::string(name));
    table.rows[row].push_back({is_speed ? as_factor(change.factor(metric), change.factor_interval(metric))
                                        : as_factor(change.ratio, change.interval),
                               verdict_mark(change.verdict)});
  }
}

// A note for every comparison that was refused, of the tasks that `belongs` accepts.
template <typename Predicate>
void add_refusals(Table& table, const std::vector<Impact>& impacts, Predicate belongs) {
  for (const Impact& impact : impacts) {
    for (const auto& [task, reason] : impact.refused) {
      if (!belongs(task)) continue;
      table.notes.push_back(
          fmt::format("{} {} {}: not compared, {}.", impact.model, impact.precision, task, reason));
    }
  }
}

Table impact_table(const Analysis& analysis) {
  Table table("Impact of precision on speed and memory", 2, {"Model", "Versus"});
  for (const Impact& impact : analysis.impacts) table.rows.push_back(key_cells(impact));
  for (const std::string_view name : kImpactColumns) add_change(table, analysis.impacts, name);
  std::set<std::string> memory_metrics;
  for (const Impact& impact : analysis.impacts) {
    if (const auto metric = analyze::memory_metric(impact)) memory_metrics.insert(*metric);
  }
  for (const std::string& metric : memory_metrics) add_change(table, analysis.impacts, metric);
  add_change(table, analysis.impacts, "file_bytes");
  add_refusals(table, analysis.impacts,
               [](const std::string& task) { return task == analyze::kPerformance; });
  return table;
}

// Of a pairing: "50 of 400" where the run did not use all.
std::string items_text(const ScoreChange& change) {
  if (!change.decided || !change.decided->stages.stopped_early()) return fmt::format("{}", *change.n);
  return fmt::format("{} of {}", *change.n, change.decided->stages.total);
}

Table score_table(const Analysis& analysis) {
  Table table("Impact of precision on scores, on the same items", 3,
              {"Model", "Versus", "Task", "Difference", "Lost/gained", "Items", "p", "Detectable"});
  for (const Impact& impact : analysis.impacts) {
    for (const ScoreChange& change : impact.scores) {
      std::vector<Cell> row = key_cells(impact);
      row.push_back({change.column.task, Mark::none});
      row.push_back({as_difference(change, ""), verdict_mark(change.verdict)});
      const bool is_paired = change.p || change.decided;
      row.push_back({is_paired ? fmt::format("{}/{}", change.lost, change.gained) : "–", Mark::none});
      row.push_back({is_paired ? items_text(change) : "–", Mark::none});
      row.push_back({change.p_holm ? as_p(*change.p_holm) : "–", Mark::none});
      row.push_back(
          {change.detectable ? fmt::format("{:.1f}", 100.0 * *change.detectable) : "–", Mark::none});
      if (change.clustered) {
        table.notes.push_back(fmt::format(
            "{} {}: with its tasks as clusters the difference lies between {:+.1f} and {:+.1f} points.",
            impact.precision, change.column.task, 100.0 * change.clustered->low,
            100.0 * change.clustered->high));
      }
      if (!is_paired) {
        table.notes.push_back(fmt::format("{} {}: not paired, {}.", impact.precision, change.column.task,
                                          change.unpaired.value_or("")));
      }
      if (change.decided) {
        table.notes.push_back(
            fmt::format("{} {}: {}.", impact.precision, change.column.task, as_decision(*change.decided)));
      }
      table.rows.push_back(std::move(row));
    }
  }
  add_refusals(table, analysis.impacts,
               [](const std::string& task) { return task != analyze::kPerformance; });
  return table;
}

}  // namespace

std::vector<Table> analysis_tables(const Analysis& analysis) {
  if (analysis.configurations.empty()) return {};
  std::vector<Table> tables{table_of_metrics("Speed", analysis, kSpeedColumns),
                            table_of_metrics("Memory and size", analysis, kMemoryColumns),
                            accuracy_table(analysis),
                            impact_table(analysis),
                            score_table(analysis),
                            damage_table("Damage against the base precision, on a text", analysis,
                                         analyze::kFidelity, kFidelityColumns),
                            damage_table("Answers compared with the base precision's", analysis,
                                         analyze::kSimilarity, kSimilarityColumns)};
  std::erase_if(tables, [](const Table& table) {
    const bool is_empty = table.rows.empty() || table.columns.size() == table.key_columns;
    return is_empty && table.notes.empty();
  });
  return tables;
}

}  // namespace bantam::report
