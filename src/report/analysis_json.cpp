#include "report/analysis_json.hpp"

#include <fmt/format.h>
#include <iterator>

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Change;
using analyze::Impact;
using analyze::ScoreChange;
using base::Json;

Json to_json(const stats::Interval& interval) {
  return Json{{"low", interval.low}, {"high", interval.high}};
}

Json to_json(const Change& change) {
  Json json{{"ratio", change.ratio}};
  if (change.interval) json["interval"] = to_json(*change.interval);
  if (change.rounds > 0) json["rounds"] = change.rounds;
  json["verdict"] = name(change.verdict);
  base::set_if(json, "doubt", change.doubt);
  return json;
}

Json to_json(const ScoreChange& change) {
  Json json{
      {"task", change.column.task}, {"metric", change.column.metric}, {"difference", change.difference}};
  if (change.interval) json["interval"] = to_json(*change.interval);
  if (change.p || change.decided) {
    base::set_if(json, "items", change.n);
    json["lost"] = change.lost;
    json["gained"] = change.gained;
  }
  if (change.clustered) json["clustered_interval"] = to_json(*change.clustered);
  base::set_if(json, "p", change.p);
  base::set_if(json, "p_holm", change.p_holm);
  base::set_if(json, "detectable", change.detectable);
  if (change.decided) {
    const analyze::Decided& decided = *change.decided;
    json["interval"]["confidence"] = decided.confidence;
    json["decided"] = {{"width", decided.width},
                       {"looks", decided.looks},
                       {"n_used", decided.stages.used},
                       {"n_total", decided.stages.total},
                       {"stopped_because", decided.stages.stopped_because}};
  }
  base::set_if(json, "unpaired", change.unpaired);
  base::set_if(json, "no_answers", change.no_answers);
  base::set_if(json, "doubt", change.doubt);
  json["verdict"] = name(change.verdict);
  return json;
}

Json name_of(const analyze::Configuration& configuration) {
  Json json{{"model", configuration.model}, {"precision", configuration.precision}};
  if (!configuration.point.empty()) json["point"] = configuration.point;
  return json;
}

Json to_json(const Impact& impact) {
  Json json{{"model", impact.model},
            {"precision", impact.precision},
            {"base_model", impact.base_model},
            {"base_precision", impact.base_precision}};
  if (!impact.point.empty()) json["point"] = impact.point;
  if (!impact.base_point.empty()) json["base_point"] = impact.base_point;
  json["changes"] = Json::object();
  for (const auto& [metric, change] : impact.changes) json["changes"][metric] = to_json(change);
  json["scores"] = Json::array();
  for (const ScoreChange& change : impact.scores) json["scores"].push_back(to_json(change));
  for (const auto& [task, reason] : impact.refused) json["refused"][task] = reason;
  return json;
}

Json to_json(const analyze::Winner& winner, const Analysis& analysis) {
  const auto name = [&](std::size_t index) {
    const analyze::Configuration& configuration = analysis.configurations[index];
    return name_of(configuration);
  };
  Json json{{"task", winner.task},
            {"metric", winner.metric},
            {"best", name(winner.best)},
            {"decided", winner.decided()}};
  for (const std::size_t index : winner.sharing) json["sharing"].push_back(name(index));
  return json;
}

}  // namespace

Json impact_json(const Impact& impact) {
  return to_json(impact);
}

Json to_json(const Analysis& analysis) {
  Json json{{"generator", "bantam " BANTAM_VERSION}};
  json["configurations"] = Json::array();
  for (const analyze::Configuration& configuration : analysis.configurations) {
    Json entry = name_of(configuration);
    for (const auto& [task, record] : configuration.cells) entry["results"][task] = record::to_json(record);
    json["configurations"].push_back(std::move(entry));
  }
  json["impacts"] = Json::array();
  for (const Impact& impact : analysis.impacts) json["impacts"].push_back(to_json(impact));
  json["winners"] = Json::array();
  for (const analyze::Winner& winner : analysis.winners) json["winners"].push_back(to_json(winner, analysis));
  json["notes"] = analysis.notes;
  return json;
}

base::Result<std::string> json_with_records(const Analysis& analysis,
                                            const std::vector<record::Record>& records,
                                            const analyze::ItemSource& items) {
  Json json = to_json(analysis);
  json["records"] = Json::array();
  std::vector<Json> lines;
  for (const record::Record& record : records) {
    json["records"].push_back(record::to_json(record));
    if (!items) continue;
    TRY_ASSIGN(const auto of_cell, items(record.cell_key));
    for (const record::Item& item : of_cell) {
      Json line = record::to_json(item);
      line["cell_key"] = record.cell_key;
      lines.push_back(std::move(line));
    }
  }
  return items ? text_with_lines(json, "items", lines) : base::to_text(json, 2) + "\n";
}

std::string text_with_lines(const Json& object, std::string_view key, const std::vector<Json>& lines) {
  std::string text = base::to_text(object, 2);
  text.resize(text.size() - (object.empty() ? 1 : 2));  // the closing brace, and the line break before it
  fmt::format_to(std::back_inserter(text), "{}\n  {}: [", object.empty() ? "" : ",",
                 base::to_text(Json(key)));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}\n    {}", i == 0 ? "" : ",", base::to_text(lines[i]));
  }
  return text + (lines.empty() ? "]\n}\n" : "\n  ]\n}\n");
}

}  // namespace bantam::report
