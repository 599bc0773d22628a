#include "report/recommend_data.hpp"

#include <optional>

#include "metric/catalogue.hpp"
#include "report/deploy_command.hpp"
#include "report/recommend_lines.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using base::Json;
using recommend::Answer;
using recommend::Place;
using recommend::Recommendation;

const Configuration& configuration(const Analysis& analysis, std::size_t index) {
  return analysis.configurations[index];
}

Json difference_json(const recommend::QualityDifference& difference) {
  Json json{{"value", difference.value}, {"pairs_of_items", difference.items}};
  if (difference.interval) json["interval"] = {difference.interval->low, difference.interval->high};
  if (!difference.why_not.empty()) json["why_no_interval"] = difference.why_not;
  return json;
}

Json configuration_json(const Analysis& analysis, std::size_t index) {
  const Configuration& one = configuration(analysis, index);
  Json json{{"model", one.model}, {"precision", one.precision}};
  if (!one.point.empty()) json["point"] = one.point;
  return json;
}

// Of the figures that are shown: how each came about.
Json evidence_json(const Recommendation& all, const Analysis& analysis, std::size_t index) {
  Json json = Json::object();
  if (all.qualities[index]) json["quality"] = record::name(quality_evidence(all, analysis, index));
  const auto speed = speed_metric(analysis);
  const auto rate = analyze::metric_entry(configuration(analysis, index), speed);
  if (rate.value) json[std::string(speed)] = record::name(rate.evidence);
  if (const auto& need = all.needs[index]) json["memory_need"] = record::name(need->evidence);
  return json;
}

Json answer_json(const Answer& answer, const Analysis& analysis) {
  Json json{{"decided", answer.is_decided},
            {"rests_on_imported_figures", answer.rests_on_imported},
            {"rests_on_predicted_figures", answer.rests_on_predicted},
            {"objectives", answer.objectives}};
  if (answer.memory_bytes) json["memory_bytes"] = *answer.memory_bytes;
  if (answer.choice) json["choice"] = configuration_json(analysis, *answer.choice);
  if (answer.choice) json["commands"] = deploy_commands(configuration(analysis, *answer.choice));
  if (answer.runner_up) json["runner_up"] = configuration_json(analysis, *answer.runner_up);
  json["certainty"] = answer.certainty;
  if (answer.next) {
    json["next"] = Json::object();
    if (answer.next->rival) json["next"]["rival"] = configuration_json(analysis, *answer.next->rival);
    json["next"]["what"] = answer.next->what;
    base::set_if(json["next"], "items", answer.next->items);
    base::set_if(json["next"], "rounds", answer.next->rounds);
  }
  json["configurations"] = Json::array();
  for (const Place& place : answer.places) {
    Json entry = configuration_json(analysis, place.configuration);
    entry["standing"] = recommend::name(place.standing);
    entry["rule"] = recommend::name(place.rule);
    if (!place.reason.empty()) entry["reason"] = place.reason;
    if (place.by) entry["by"] = configuration_json(analysis, *place.by);
    json["configurations"].push_back(std::move(entry));
  }
  return json;
}

}  // namespace

Json recommend_json(const Recommendation& all, const Analysis& analysis, const std::string& store) {
  Json json = answer_json(all.answer, analysis);
  if (json.contains("next")) base::set_if(json["next"], "command", next_command(all, analysis, store));
  json["limits"] = Json::array();
  for (const recommend::Limit& limit : all.wishes.limits) json["limits"].push_back(limit.text);
  json["quality_tasks"] = Json::array();
  for (const recommend::QualityTask& task : all.tasks.tasks)
    json["quality_tasks"].push_back(
        {{"task", task.column.task}, {"metric", task.column.metric}, {"weight", task.weight}});
  for (std::size_t i = 0; i < all.answer.places.size(); ++i) {
    Json& entry = json["configurations"][i];
    if (const auto& quality = all.qualities[i]) {
      entry["quality"]["value"] = quality->value;
      for (const recommend::TaskQuality& task : quality->tasks)
        entry["quality"]["tasks"][task.task] = {
            {"score", task.score}, {"chance", task.chance}, {"corrected", task.corrected}};
    }
    const metric::Metric& speed = *metric::find_metric(speed_metric(analysis));
    const auto rate = analyze::metric_entry(configuration(analysis, i), speed.name);
    if (rate.value) entry[std::string(speed.name)] = rate.value->value;
    if (const auto& need = all.needs[i])
      entry["memory_need"] = {{"bytes", need->bytes}, {"metric", need->metric}};
    entry["evidence"] = evidence_json(all, analysis, i);
  }
  if (!all.ladder.empty()) {
    json["ladder"] = Json::array();
    for (const recommend::Rung& rung : all.ladder)
      json["ladder"].push_back(answer_json(rung.answer, analysis));
  }
  if (const auto& pair = all.small_or_large) {
    json["small_or_large"] = {{"memory_bytes", pair->memory_bytes},
                              {"small", configuration_json(analysis, pair->small)},
                              {"large", configuration_json(analysis, pair->large)},
                              {"sentence", *small_or_large_line(all, analysis)}};
    if (pair->no_quality.empty())
      json["small_or_large"]["quality_difference"] = difference_json(pair->difference);
    else
      json["small_or_large"]["why_no_quality"] = pair->no_quality;
  }
  json["notes"] = all.notes;
  return json;
}

std::string recommend_csv(const Recommendation& all, const Analysis& analysis) {
  table::Sheet sheet(
      {"model", "precision", "point", "standing", "rule", "reason", "quality", "memory_need_bytes"});
  const std::string speed(speed_metric(analysis));
  for (const Place& place : all.answer.places) {
    const std::size_t i = place.configuration;
    const Configuration& one = configuration(analysis, i);
    sheet.start_row();
    sheet.text("model", one.model);
    sheet.text("precision", one.precision);
    sheet.text("point", one.point);
    sheet.text("standing", std::string(recommend::name(place.standing)));
    sheet.text("rule", std::string(recommend::name(place.rule)));
    sheet.text("reason", place.reason);
    sheet.number("quality", all.qualities[i] ? std::optional(all.qualities[i]->value) : std::nullopt);
    sheet.number("memory_need_bytes", all.needs[i] ? std::optional(all.needs[i]->bytes) : std::nullopt);
    const auto entry = analyze::metric_entry(one, speed);
    sheet.number(speed, entry.value ? std::optional(entry.value->value) : std::nullopt);
    const auto evidence = [&](const char* column, bool is_known, record::Evidence of) {
      if (is_known) sheet.text(column, std::string(record::name(of)));
    };
    evidence("quality_evidence", all.qualities[i].has_value(), quality_evidence(all, analysis, i));
    evidence("memory_evidence", all.needs[i].has_value(),
             all.needs[i] ? all.needs[i]->evidence : record::Evidence::measured);
    evidence("speed_evidence", entry.value.has_value(), entry.evidence);
  }
  return sheet.csv();
}

}  // namespace bantam::report
