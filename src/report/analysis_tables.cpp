#include "report/analysis_tables.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "base/units.hpp"
#include "metric/catalogue.hpp"
#include "metric/code_metric.hpp"
#include "plan/plan.hpp"
#include "record/sections.hpp"
#include "report/answer_energy_table.hpp"
#include "report/gpu_table.hpp"
#include "report/grouped_lines.hpp"
#include "report/phrases.hpp"
#include "report/resources_table.hpp"
#include "report/sensor_text.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using analyze::Entry;
using analyze::ScoreColumn;
using metric::Metric;
using table::Cell;
using table::Mark;
using table::Table;

// The figures people look at first. All others are in the CSV and JSON files.
constexpr auto kSpeedColumns =
    std::to_array<std::string_view>({"ttft_s", "tpot_s", "decode_tokens_per_s", "prefill_tokens_per_s",
                                     "e2e_latency_s", "batch_output_tokens_per_s", "amortized_latency_s",
                                     "load_warm_s", "load_cold_s", "pp_tokens_per_s", "tg_tokens_per_s"});
constexpr auto kLoadColumns = std::to_array<std::string_view>(
    {"requests_per_s", "goodput_requests_per_s", "poisson_ttft_s", "poisson_ttft_p90_s", "poisson_tpot_s",
     "poisson_e2e_latency_s", "poisson_e2e_latency_p90_s", "poisson_queue_s"});
constexpr auto kSustainedColumns = std::to_array<std::string_view>(
    {"burst_tokens_per_s", "steady_tokens_per_s", "steady_burst_ratio", "throttle_after_s"});
constexpr auto kEncoderSpeedColumns =
    std::to_array<std::string_view>({"sequence_latency_s", "sequences_per_s", "load_warm_s", "load_cold_s"});
constexpr auto kOfSequences = std::to_array<std::string_view>({"sequence_latency_s", "sequences_per_s"});
constexpr auto kMemoryColumns = std::to_array<std::string_view>(
    {"pss_peak_bytes", "min_memory_bytes", "private_peak_bytes", "weights_resident_bytes",
     "device_memory_bytes", "preallocated_bytes", "file_bytes", "bits_per_weight", "parameters"});
constexpr auto kEnergyColumns = std::to_array<std::string_view>(
    {"energy_per_request_j", "net_energy_per_request_j", "energy_per_output_token_j",
     "prefill_energy_per_request_j", "decode_energy_per_request_j", "mean_power_w", "peak_power_w",
     "idle_power_w", "carbon_per_request_g", "requests_per_charge"});
constexpr auto kShortEnergyColumns = std::to_array<std::string_view>(
    {"energy_per_request_j", "net_energy_per_request_j", "energy_per_output_token_j", "mean_power_w"});
constexpr auto kFidelityColumns =
    std::to_array<std::string_view>({"bits_per_weight", "file_bytes", "chunk_perplexity", "perplexity_ratio",
                                     "kld_mean", "kld_p99", "top_token_agreement"});
constexpr auto kSimilarityColumns = std::to_array<std::string_view>(
    {"similarity_cosine", "similarity_cosine_min", "similarity_equal_answers", "similarity_equal_tokens",
     "answer_tokens_per_s", "answer_latency_s", "answer_memory_bytes"});
constexpr auto kShortColumns =
    std::to_array<std::string_view>({"pss_peak_bytes", "min_memory_bytes", "device_memory_bytes", "ttft_s",
                                     "decode_tokens_per_s", "prefill_tokens_per_s"});
constexpr auto kShortEncoderColumns = std::to_array<std::string_view>(
    {"pss_peak_bytes", "device_memory_bytes", "sequence_latency_s", "sequences_per_s"});

using Rows = std::vector<std::size_t>;  // positions in Analysis::configurations

// The configurations of one kind of model that have a cell of this task or, without one, any cell.
Rows rows_of(const Analysis& analysis, bool encodes, std::string_view task = {}) {
  Rows rows;
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    const Configuration& configuration = analysis.configurations[i];
    if (configuration.encodes != encodes) continue;
    if (task.empty() || configuration.cells.contains(std::string(task))) rows.push_back(i);
  }
  return rows;
}

// Those with a cell of this task.
Rows rows_with(const Analysis& analysis, std::string_view task) {
  Rows rows;
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    if (analysis.configurations[i].cells.contains(std::string(task))) rows.push_back(i);
  }
  return rows;
}

bool is_of_sequences(const Metric& metric) {
  return std::ranges::find(kOfSequences, metric.name) != kOfSequences.end();
}

std::string column_head(const Metric& metric) {
  const bool is_rate = metric.format == metric::MetricFormat::tokens_per_s;
  if (is_of_sequences(metric) && is_rate) return std::string(metric.unit);
  const bool unit_is_in_the_value =
      metric.format == metric::MetricFormat::seconds || metric.format == metric::MetricFormat::bytes;
  if (metric.unit.empty() || unit_is_in_the_value || metric.unit == "bit") return std::string(metric.title);
  return fmt::format("{} {}", metric.title, metric.unit);
}

// "failed", "invalid", "skipped" in place of a value; the problem list tells the rest.
Cell cell_without_value(const Entry& entry) {
  for (const char* outcome : {"failed", "invalid", "skipped"}) {
    if (entry.absent.starts_with(outcome)) return {outcome, Mark::problem};
  }
  return {"–", Mark::none};
}

bool is_outcome(const Entry& entry) {
  return cell_without_value(entry).mark == Mark::problem;
}

std::vector<Cell> key_cells(const Configuration& configuration) {
  return {{configuration.model, Mark::none}, {configuration.setup(), Mark::none}};
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

// What an encoder was measured with: how many sequences at once, and how long each was.
struct Sequences {
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> tokens;
  bool operator==(const Sequences&) const = default;
};

Sequences sequences_of(const Configuration& configuration, const Metric& metric) {
  Sequences sequences;
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  if (cell == configuration.cells.end() || !metric_entry(configuration, metric.name).value) return sequences;
  const auto settings = plan::cell_settings_from(cell->second.settings).performance;
  const bool one_at_a_time = metric.format == metric::MetricFormat::seconds;
  if (one_at_a_time) sequences.batch = 1;
  if (!one_at_a_time && settings) sequences.batch = settings->batch_size;
  if (const auto length = metric_entry(configuration, "prompt_tokens").value)
    sequences.tokens = static_cast<std::int64_t>(length->value);
  return sequences;
}

std::string as_text(const Sequences& sequences) {
  if (!sequences.tokens) return {};
  if (!sequences.batch) return fmt::format("{} tok", *sequences.tokens);
  return fmt::format("{} × {} tok", *sequences.batch, *sequences.tokens);
}

// The sequences stand in the head, "Sequence 1 × 128 tok", or where they differ behind each value.
struct SequenceTexts {
  std::string head;
  std::vector<std::string> of_row;
};

SequenceTexts sequence_texts(const Analysis& analysis, const Metric& metric, const Rows& rows) {
  SequenceTexts texts{{}, std::vector<std::string>(rows.size())};
  if (!is_of_sequences(metric)) return texts;
  std::set<std::string> distinct;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    texts.of_row[i] = as_text(sequences_of(analysis.configurations[rows[i]], metric));
    if (!texts.of_row[i].empty()) distinct.insert(texts.of_row[i]);
  }
  if (distinct.size() > 1) {
    for (std::string& text : texts.of_row) text = text.empty() ? text : fmt::format(" ({})", text);
    return texts;
  }
  if (!distinct.empty()) texts.head = ", " + *distinct.begin();
  texts.of_row.assign(rows.size(), "");
  return texts;
}

// Adds a column unless it would be empty.
void add_metric(Table& table, const Analysis& analysis, const Metric& metric, const Rows& rows) {
  std::vector<Entry> entries;
  for (const std::size_t row : rows)
    entries.push_back(metric_entry(analysis.configurations[row], metric.name));
  if (!has_value(entries)) {
    const std::string reason = common_reason(entries);
    const bool is_choice = reason.ends_with("is not asked for");
    if (!reason.empty() && !is_outcome(entries.front()) && !is_choice) {
      table.notes.push_back(fmt::format("No {}: {}.", metric.title, reason));
    }
    return;
  }
  const SequenceTexts sequences = sequence_texts(analysis, metric, rows);
  table.add_column(column_head(metric) + sequences.head);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& value = entries[i].value;
    table.rows[i].push_back(value ? Cell{with_spread(metric, *value) + sequences.of_row[i],
                                         winner_mark(analysis, analyze::kPerformance, metric.name, rows[i])}
                                  : cell_without_value(entries[i]));
  }
}

Table table_of_metrics(std::string title, const Analysis& analysis, const Rows& rows,
                       std::span<const std::string_view> metrics) {
  Table table(std::move(title), 2, {"Model", "Precision"});
  if (rows.empty()) return table;
  for (const std::size_t row : rows) table.rows.push_back(key_cells(analysis.configurations[row]));
  for (const std::string_view name : metrics) {
    if (const Metric* metric = metric::find_metric(name)) add_metric(table, analysis, *metric, rows);
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

Cell score_cell(const Analysis& analysis, const ScoreColumn& column, std::size_t row) {
  const Configuration& configuration = analysis.configurations[row];
  const Entry entry = score_entry(configuration, column);
  if (!entry.value) return cell_without_value(entry);
  const Metric& metric = metric::shown_score(column.metric);
  const std::string text = with_limits(metric, *entry.value) + part_text(configuration, column.task);
  if (analyze::why_no_answers(configuration.cells.at(column.task)))
    return {text + ", no answers", Mark::problem};
  return {text, winner_mark(analysis, column.task, column.metric, row)};
}

// Scores that were asked for and are not there, by task and reason: "No say bertscore_f1: no embedding ...".
class AbsentScores {
 public:
  void add(const ScoreColumn& column, const Configuration& configuration, const Entry& entry) {
    if (entry.value || is_outcome(entry) || entry.absent == "not run" || entry.absent == "not measured")
      return;
    Reason& reason = reasons_[{column.task, entry.absent}];
    append_unique(reason.metrics, column.metric);
    append_unique(reason.places, fmt::format("{} {}", configuration.model, configuration.setup()));
  }

  // `measured`: how many configurations have the task's cell.
  std::vector<std::string> notes(const std::map<std::string, std::size_t>& measured) const {
    std::vector<std::string> lines;
    for (const auto& [key, reason] : reasons_) {
      const auto& [task, why] = key;
      const bool everywhere = reason.places.size() == measured.at(task);
      lines.push_back(fmt::format("No {} {}{}: {}.", task, enumerated(reason.metrics),
                                  everywhere ? "" : " of " + enumerated(reason.places, 4), why));
    }
    return lines;
  }

 private:
  struct Reason {
    std::vector<std::string> metrics;
    std::vector<std::string> places;
  };

  static void append_unique(std::vector<std::string>& texts, std::string text) {
    if (std::ranges::find(texts, text) == texts.end()) texts.push_back(std::move(text));
  }

  std::map<std::pair<std::string, std::string>, Reason> reasons_;
};

// A task whose metrics nobody knows, because no cell of it came out, has a column of outcomes.
bool is_known(const Analysis& analysis, const ScoreColumn& column) {
  return std::ranges::any_of(analysis.configurations, [&](const Configuration& configuration) {
    const auto cell = configuration.cells.find(column.task);
    return cell != configuration.cells.end() &&
           (cell->second.metrics.contains(column.metric) || cell->second.absent.contains(column.metric));
  });
}

Table accuracy_table(const Analysis& analysis, const std::vector<ScoreColumn>& columns) {
  Table table("Accuracy", 2, {"Model", "Precision"});
  Rows rows;
  std::map<std::string, std::size_t> measured;
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    bool has_any = false;
    for (const auto& [task, record] : analysis.configurations[i].cells) {
      if (!record::is_scored_task(task)) continue;
      has_any = true;
      if (record.outcome == record::Outcome::ok) ++measured[task];
    }
    if (has_any) rows.push_back(i);
  }
  for (const std::size_t row : rows) table.rows.push_back(key_cells(analysis.configurations[row]));
  AbsentScores absent;
  for (const ScoreColumn& column : columns) {
    std::vector<Entry> entries;
    for (const std::size_t row : rows) {
      entries.push_back(score_entry(analysis.configurations[row], column));
      absent.add(column, analysis.configurations[row], entries.back());
    }
    const bool known = is_known(analysis, column);
    if (!has_value(entries) && known) continue;
    table.add_column(known ? fmt::format("{} {}", column.task, column.metric) : column.task);
    for (std::size_t i = 0; i < rows.size(); ++i)
      table.rows[i].push_back(score_cell(analysis, column, rows[i]));
  }
  table.notes = absent.notes(measured);
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
    if (const auto base = record::untuned_base(configuration.cells.at(std::string(task))))
      table.rows.back().back().text += fmt::format(", tuned vs base {}", *base);
    if (const auto named = record::named_base(configuration.cells.at(std::string(task))))
      table.rows.back().back().text += ", vs " + base::ellipsize(base::printable(*named), 60);
  }
  for (const std::string_view name : metrics) {
    const Metric& metric = *metric::find_metric(name);
    std::vector<Entry> entries;
    for (const Configuration* configuration : shown) entries.push_back(metric_entry(*configuration, name));
    if (!has_value(entries)) continue;
    table.add_column(column_head(metric));
    for (std::size_t row = 0; row < entries.size(); ++row) {
      const Entry& entry = entries[row];
      const bool is_base = entry.absent.starts_with(metric::kIsBase);
      table.rows[row].push_back(entry.value ? Cell{damage_text(metric, *entry.value), Mark::none}
                                : is_base   ? Cell{"base", Mark::none}
                                            : cell_without_value(entry));
    }
  }
  return table;
}

std::vector<Table> damage_tables(const Analysis& analysis) {
  return {damage_table("Damage against the base precision, on a text", analysis, analyze::kFidelity,
                       kFidelityColumns),
          damage_table("Answers compared with the base precision's", analysis, analyze::kSimilarity,
                       kSimilarityColumns)};
}

void append(std::vector<Table>& tables, std::vector<Table> more) {
  std::move(more.begin(), more.end(), std::back_inserter(tables));
}

// Each row names its sensor: figures of different ones stand side by side, but do not compare.
Table energy_table(const Analysis& analysis, std::span<const std::string_view> metrics) {
  const Rows rows = rows_with(analysis, analyze::kEnergy);
  Table table = table_of_metrics("Energy", analysis, rows, metrics);
  if (table.columns.size() == table.key_columns) return table;
  table.add_column("Sensor");
  for (std::size_t i = 0; i < rows.size(); ++i)
    table.rows[i].push_back(
        {base::printable(sensor_text(analysis.configurations[rows[i]]).value_or("–")), Mark::none});
  return table;
}

// Of the scenarios poisson and sustained.
std::vector<Table> load_tables(const Analysis& analysis) {
  const Rows rows = rows_of(analysis, false, analyze::kPerformance);
  return {table_of_metrics("Requests that arrive on their own", analysis, rows, kLoadColumns),
          table_of_metrics("Requests without a pause", analysis, rows, kSustainedColumns)};
}

void drop_empty(std::vector<Table>& tables) {
  std::erase_if(tables, [](const Table& table) {
    const bool is_empty = table.rows.empty() || table.columns.size() == table.key_columns;
    return is_empty && table.notes.empty();
  });
}

// The title, told apart where both kinds of models are there.
std::string titled(const Analysis& analysis, const char* title, bool encodes) {
  const bool alone = rows_of(analysis, !encodes).empty();
  return alone ? title : fmt::format("{} of {}", title, encodes ? "encoders" : "decoders");
}

}  // namespace

Mark winner_mark(const Analysis& analysis, std::string_view task, std::string_view metric, std::size_t row) {
  for (const analyze::Winner& winner : analysis.winners) {
    if (winner.task != task || winner.metric != metric) continue;
    const bool shares = std::ranges::find(winner.sharing, row) != winner.sharing.end();
    if (winner.best == row) return winner.decided() ? Mark::best : Mark::shared;
    if (shares) return Mark::shared;
  }
  return Mark::none;
}

std::vector<Table> analysis_tables(const Analysis& analysis) {
  if (analysis.configurations.empty()) return {};
  std::vector<Table> tables;
  for (const bool encodes : {false, true}) {
    const std::span<const std::string_view> columns =
        encodes ? std::span<const std::string_view>(kEncoderSpeedColumns) : kSpeedColumns;
    tables.push_back(table_of_metrics(titled(analysis, "Speed", encodes), analysis,
                                      rows_of(analysis, encodes, analyze::kPerformance), columns));
  }
  append(tables, load_tables(analysis));
  for (const bool encodes : {false, true}) {
    tables.push_back(table_of_metrics(titled(analysis, "Memory and size", encodes), analysis,
                                      rows_of(analysis, encodes), kMemoryColumns));
  }
  tables.push_back(energy_table(analysis, kEnergyColumns));
  tables.push_back(answer_energy_table(analysis));
  tables.push_back(gpu_table(analysis));
  tables.push_back(resources_table(analysis));
  tables.push_back(accuracy_table(analysis, analysis.asked_columns));
  append(tables, impact_tables(analysis));
  append(tables, damage_tables(analysis));
  drop_empty(tables);
  return tables;
}

std::vector<Table> short_tables(const Analysis& analysis) {
  if (analysis.configurations.empty()) return {};
  std::vector<Table> tables;
  for (const bool encodes : {false, true}) {
    const std::span<const std::string_view> columns =
        encodes ? std::span<const std::string_view>(kShortEncoderColumns) : kShortColumns;
    Table table = table_of_metrics(titled(analysis, "Memory and speed", encodes), analysis,
                                   rows_of(analysis, encodes, analyze::kPerformance), columns);
    table.notes.clear();  // what is absent for every model alike
    tables.push_back(std::move(table));
  }
  std::vector<Table> under_load = load_tables(analysis);
  for (Table& table : under_load) {
    table.notes.clear();
    tables.push_back(std::move(table));
  }
  tables.push_back(energy_table(analysis, kShortEnergyColumns));
  tables.back().notes.clear();
  tables.push_back(answer_energy_table(analysis));
  tables.push_back(gpu_table(analysis));
  tables.push_back(resources_table(analysis));
  tables.push_back(accuracy_table(analysis, analysis.columns));
  append(tables, damage_tables(analysis));
  drop_empty(tables);
  return tables;
}

}  // namespace bantam::report
