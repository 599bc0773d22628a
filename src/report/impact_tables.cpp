#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <span>

#include "metric/catalogue.hpp"
#include "report/analysis_tables.hpp"
#include "report/grouped_lines.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Impact;
using analyze::ScoreChange;
using metric::Metric;
using table::Cell;
using table::Mark;
using table::Table;

constexpr auto kSpeeds = std::to_array<std::string_view>(
    {"decode_tokens_per_s", "prefill_tokens_per_s", "ttft_s", "batch_output_tokens_per_s"});
constexpr auto kEncoderSpeeds = std::to_array<std::string_view>({"sequence_latency_s", "sequences_per_s"});

std::vector<Cell> key_cells(const Impact& impact) {
  return {{impact.model, Mark::none}, {versus(impact), Mark::none}};
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

// A note for the comparisons that were refused for one reason, of the tasks that `belongs` accepts.
template <typename Predicate>
void add_refusals(Table& table, const std::vector<Impact>& impacts, Predicate belongs) {
  for (const Impact& impact : impacts) {
    for (const auto& [reason, tasks] : tasks_by_reason(impact)) {
      std::vector<std::string> those;
      std::ranges::copy_if(tasks, std::back_inserter(those), belongs);
      if (those.empty()) continue;
      table.notes.push_back(
          fmt::format("{} {}: not compared, {}.", subject(impact), enumerated(those), reason));
    }
  }
}

bool encodes(const Analysis& analysis, const Impact& impact) {
  const auto found = std::ranges::find(analysis.configurations, impact.model, &analyze::Configuration::model);
  return found != analysis.configurations.end() && found->encodes;
}

bool is_of_device(const std::string& task) {
  return task == analyze::kPerformance || task == analyze::kEnergy;
}

Table impact_table(std::string title, const std::vector<Impact>& impacts,
                   std::span<const std::string_view> speeds) {
  Table table(std::move(title), 2, {"Model", "Versus"});
  for (const Impact& impact : impacts) table.rows.push_back(key_cells(impact));
  for (const std::string_view name : speeds) add_change(table, impacts, name);
  std::set<std::string> memory_metrics;
  for (const Impact& impact : impacts) {
    if (const auto metric = analyze::memory_metric(impact)) memory_metrics.insert(*metric);
  }
  for (const std::string& metric : memory_metrics) add_change(table, impacts, metric);
  add_change(table, impacts, "file_bytes");
  add_change(table, impacts, "energy_per_request_j");
  add_refusals(table, impacts, is_of_device);
  return table;
}

// Of a pairing: "50 of 400" where the run did not use all.
std::string items_text(const ScoreChange& change) {
  if (!change.decided || !change.decided->stages.stopped_early()) return fmt::format("{}", *change.n);
  return fmt::format("{} of {}", *change.n, change.decided->stages.total);
}

// What a difference's row has no place for.
void add_notes(Table& table, const Impact& impact, const ScoreChange& change) {
  const auto add = [&](const std::string& text) {
    table.notes.push_back(fmt::format("{} {}: {}.", subject(impact), change.column.task, text));
  };
  if (change.clustered) {
    add(fmt::format("with its tasks as clusters the difference lies between {:+.1f} and {:+.1f} points",
                    100.0 * change.clustered->low, 100.0 * change.clustered->high));
  }
  if (change.unpaired) add(fmt::format("not paired, {}", *change.unpaired));
  if (change.decided) add(as_decision(*change.decided));
  if (change.doubt) add(*change.doubt);
  if (change.no_answers) add(*change.no_answers);
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
      add_notes(table, impact, change);
      table.rows.push_back(std::move(row));
    }
  }
  add_refusals(table, analysis.impacts, [](const std::string& task) { return !is_of_device(task); });
  return table;
}

}  // namespace

std::vector<Table> impact_tables(const Analysis& analysis) {
  std::vector<Impact> decoders;
  std::vector<Impact> encoders;
  for (const Impact& impact : analysis.impacts)
    (encodes(analysis, impact) ? encoders : decoders).push_back(impact);
  const std::string title = "Impact of precision on speed and memory";
  const bool both = !decoders.empty() && !encoders.empty();
  return {impact_table(both ? title + " of decoders" : title, decoders, kSpeeds),
          impact_table(both ? title + " of encoders" : title, encoders, kEncoderSpeeds),
          score_table(analysis)};
}

}  // namespace bantam::report
