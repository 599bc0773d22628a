#include "chart/configuration_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "metric/catalogue.hpp"
#include "recommend/objective.hpp"
#include "record/block.hpp"
#include "record/memory_line.hpp"
#include "record/sections.hpp"
#include "report/analysis_tables.hpp"
#include "report/deploy_command.hpp"
#include "report/phrases.hpp"
#include "stats/order.hpp"

namespace bantam::chart {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using base::Json;
using metric::Metric;

constexpr int kPercentiles = 100;

// Null where there is none.
const char* mark(const Analysis& analysis, std::string_view task, std::string_view metric,
                 std::size_t index) {
  switch (report::winner_mark(analysis, task, metric, index)) {
    case table::Mark::best:
      return "best";
    case table::Mark::shared:
      return "shared";
    default:
      return nullptr;
  }
}

// "8909 tok/s ±0.8 %": tables have the unit in the head of the column.
std::string text_with_unit(const Metric& metric, const record::Value& value) {
  std::string text = report::with_spread(metric, value);
  const bool has_unit = metric.format == metric::MetricFormat::seconds ||
                        metric.format == metric::MetricFormat::bytes ||
                        metric.format == metric::MetricFormat::percent;
  if (has_unit || metric.unit.empty()) return text;
  const std::size_t number = metric::format_value(metric, value.value).size();
  return text.insert(number, fmt::format(" {}", metric.unit));
}

Json figure_json(const Metric& metric, const analyze::Entry& entry, const char* marked) {
  const record::Value& value = *entry.value;
  Json json{{"value", value.value}};
  if (value.interval) {
    json["low"] = value.interval->low;
    json["high"] = value.interval->high;
    json["method"] = value.interval->method;
  }
  base::set_if(json, "n", value.n);
  json["text"] = metric.group == metric::MetricGroup::accuracy ? report::with_limits(metric, value)
                                                               : text_with_unit(metric, value);
  if (entry.is_predicted()) json["text"] = "≈" + json["text"].get<std::string>();
  json["evidence"] = record::name(entry.evidence);
  if (marked != nullptr) json["mark"] = marked;
  return json;
}

void add_figures(Json& json, const Analysis& analysis, std::size_t index,
                 const std::vector<const Metric*>& metrics) {
  const Configuration& one = analysis.configurations[index];
  json["figures"] = Json::object();
  json["absent"] = Json::object();
  for (const Metric* metric : metrics) {
    const analyze::Entry entry = analyze::metric_entry(one, metric->name);
    const std::string name(metric->name);
    if (entry.value)
      json["figures"][name] = figure_json(*metric, entry, mark(analysis, analyze::kPerformance, name, index));
    else
      json["absent"][name] = entry.absent;
  }
}

void add_scores(Json& json, const Analysis& analysis, std::size_t index) {
  const Configuration& one = analysis.configurations[index];
  json["scores"] = Json::object();
  json["scores_absent"] = Json::object();
  for (const analyze::ScoreColumn& column : analysis.columns) {
    const analyze::Entry entry = analyze::score_entry(one, column);
    const Metric* metric = metric::find_metric(column.metric);
    if (entry.value && metric != nullptr)
      json["scores"][column.task] =
          figure_json(*metric, entry, mark(analysis, column.task, column.metric, index));
    else
      json["scores_absent"][column.task] = entry.absent;
  }
}

// Headline figures of each round.
void add_rounds(Json& json, const Configuration& one) {
  json["rounds"] = Json::object();
  const auto cell = one.cells.find(std::string(analyze::kPerformance));
  if (cell == one.cells.end()) return;
  for (const record::BlockFigures& block : record::block_figures(cell->second)) {
    for (const auto& [metric, value] : block.values) {
      Json& rounds = json["rounds"][metric];
      rounds["round"].push_back(block.round);
      rounds["value"].push_back(value);
      rounds["counts"].push_back(block.reasons.empty());
    }
  }
}

// The worker's memory over one round, or why there is none.
void add_memory_line(Json& json, const Configuration& one) {
  const auto cell = one.cells.find(std::string(analyze::kPerformance));
  if (cell == one.cells.end()) {
    json["memory_line_absent"] = "performance was not measured";
    return;
  }
  const auto line = record::memory_line(cell->second);
  if (!line) {
    json["memory_line_absent"] = record::is_imported(cell->second)
                                     ? "it was measured by another tool"
                                     : "no round counts, or the record is of an earlier version";
    return;
  }
  Json& told = json["memory_line"] = {{"round", line->round},     {"within", line->within_bytes},
                                      {"seconds", Json::array()}, {"rss", Json::array()},
                                      {"private", Json::array()}, {"phases", Json::array()}};
  for (const record::MemoryPoint& point : line->points) {
    told["seconds"].push_back(point.seconds);
    told["rss"].push_back(point.rss_bytes);
    told["private"].push_back(point.private_bytes);
  }
  for (const record::MemoryPhase& phase : line->phases)
    told["phases"].push_back({{"name", phase.name}, {"begin", phase.begin_s}, {"end", phase.end_s}});
}

// Percentiles 0 ... 100 of the time of whole requests in rounds that count, each alone.
base::Status add_latencies(Json& json, const Configuration& one, const report::TrialSource& trials) {
  json["latencies"] = Json::array();
  const auto cell = one.cells.find(std::string(analyze::kPerformance));
  if (!trials || cell == one.cells.end() || cell->second.outcome != record::Outcome::ok) return {};
  std::set<std::int64_t> disturbed;
  for (const record::BlockFigures& block : record::block_figures(cell->second)) {
    if (!block.reasons.empty()) disturbed.insert(block.round);
  }
  TRY_ASSIGN(const auto all, trials(cell->second.cell_key, cell->second.attempt));
  std::vector<double> seconds;
  for (const record::Trial& trial : all) {
    if (trial.warmup || trial.scenario != "single_stream" || trial.streams.empty()) continue;
    if (trial.round && disturbed.contains(*trial.round)) continue;
    const auto& stamps = trial.streams.front().token_ns;
    if (!stamps.empty()) seconds.push_back(static_cast<double>(stamps.back()) * 1e-9);
  }
  if (seconds.size() < 2) return {};
  for (int percent = 0; percent <= kPercentiles; ++percent)
    json["latencies"].push_back(*stats::percentile(seconds, percent / static_cast<double>(kPercentiles)));
  return {};
}

// "threads=2 n-depth=512".
Json swept(const std::string& point) {
  Json json = Json::object();
  for (std::size_t begin = 0; begin < point.size();) {
    const std::size_t end = std::min(point.find(' ', begin), point.size());
    const std::string part = point.substr(begin, end - begin);
    const std::size_t equals = part.find('=');
    if (equals != std::string::npos) json[part.substr(0, equals)] = part.substr(equals + 1);
    begin = end + 1;
  }
  return json;
}

// That of its speed and memory: predicted where any of these figures is.
record::Evidence evidence_of(const Configuration& one) {
  for (const Metric& metric : metric::catalogue()) {
    if (one.predicted && metric.is_headline && analyze::metric_entry(one, metric.name).is_predicted())
      return record::Evidence::predicted;
  }
  const record::Record* leading = report::leading_cell(one);
  return leading == nullptr ? record::Evidence::measured : record::evidence_of(*leading);
}

Json caveats(const Configuration& one) {
  Json list = Json::array();
  if (const auto predicted = one.predicted ? record::predicted(*one.predicted) : std::nullopt) {
    list.push_back(
        {{"cell", analyze::kPerformance},
         {"text", fmt::format("what is predicted is of requests of {} + {} tokens, on a quiet machine",
                              predicted->prompt_tokens, predicted->new_tokens)}});
  }
  for (const auto& [task, cell] : one.cells) {
    if (const auto imported = record::imported(cell)) {
      for (const auto& [metric, caveat] : imported->caveats)
        list.push_back({{"cell", task}, {"metric", metric}, {"text", imported->tool + ": " + caveat}});
    }
    for (const std::string& warning : cell.warnings) list.push_back({{"cell", task}, {"text", warning}});
  }
  return list;
}

}  // namespace

std::vector<const Metric*> known_metrics(const Analysis& analysis) {
  std::vector<const Metric*> known;
  for (const Metric& metric : metric::catalogue()) {
    if (metric::is_of_task(metric)) continue;
    const bool is_known = std::ranges::any_of(analysis.configurations, [&](const Configuration& one) {
      return analyze::metric_entry(one, metric.name).value.has_value();
    });
    if (is_known) known.push_back(&metric);
  }
  return known;
}

base::Result<Json> configuration_json(const Analysis& analysis, std::size_t index,
                                      const std::vector<const Metric*>& metrics,
                                      const report::TrialSource& trials) {
  const Configuration& one = analysis.configurations[index];
  Json json{{"name", recommend::name_of(one)},
            {"model", one.model},
            {"precision", one.precision},
            {"point", one.point},
            {"evidence", record::name(evidence_of(one))}};
  json["outcomes"] = Json::object();
  for (const auto& [task, cell] : one.cells) json["outcomes"][task] = analyze::outcome_text(cell);
  add_figures(json, analysis, index, metrics);
  add_scores(json, analysis, index);
  json["swept"] = swept(one.point);
  add_rounds(json, one);
  add_memory_line(json, one);
  TRY(add_latencies(json, one, trials));
  json["caveats"] = caveats(one);
  json["command"] = report::deploy_commands(one);
  json["reproduce"] = report::reproduce_command(one);
  return json;
}

}  // namespace bantam::chart
