#include "chart/dataset.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/units.hpp"
#include "chart/configuration_json.hpp"
#include "chart/energy_json.hpp"
#include "metric/catalogue.hpp"
#include "recommend/fronts.hpp"
#include "recommend/recommend.hpp"
#include "record/sections.hpp"
#include "report/analysis_json.hpp"
#include "report/analysis_lines.hpp"
#include "report/deploy_command.hpp"
#include "report/recommend_page.hpp"

namespace bantam::chart {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using base::Json;
using recommend::Answer;
using recommend::Recommendation;

constexpr int kSchema = 1;

// The cell that measures the metrics of a group.
std::string_view measuring_cell(metric::MetricGroup group) {
  switch (group) {
    case metric::MetricGroup::energy:
      return analyze::kEnergy;
    case metric::MetricGroup::resources:
      return analyze::kResources;
    case metric::MetricGroup::fidelity:
      return analyze::kFidelity;
    case metric::MetricGroup::similarity:
      return analyze::kSimilarity;
    default:
      return analyze::kPerformance;
  }
}

Json metric_json(const metric::Metric& metric) {
  return {{"name", metric.name},
          {"title", metric.title},
          {"unit", metric.unit},
          {"direction", metric::name(metric.direction)},
          {"cell", measuring_cell(metric.group)},
          {"is_percent", metric.format == metric::MetricFormat::percent},
          {"definition", metric.definition}};
}

Json task_json(const analyze::ScoreColumn& column, const std::optional<Recommendation>& all) {
  const metric::Metric* metric = metric::find_metric(column.metric);
  Json json{{"task", column.task},
            {"metric", column.metric},
            {"title", metric != nullptr ? metric->title : column.metric},
            {"is_share", metric != nullptr && metric->format == metric::MetricFormat::ratio},
            {"direction", metric::name(metric != nullptr ? metric->direction : metric::Direction::neutral)}};
  if (!all) return json;
  for (const recommend::QualityTask& task : all->tasks.tasks) {
    if (task.column.task == column.task) base::set_if(json, "chance", task.chance);
  }
  return json;
}

std::optional<std::size_t> find_place(const Analysis& analysis, const std::string& model,
                                      const std::string& precision, const std::string& point) {
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    const Configuration& one = analysis.configurations[i];
    if (one.model == model && one.precision == precision && one.point == point) return i;
  }
  return std::nullopt;
}

Json change_json(const analyze::Change& change) {
  Json json{{"ratio", change.ratio}, {"verdict", analyze::name(change.verdict)}};
  if (change.interval) {
    json["low"] = change.interval->low;
    json["high"] = change.interval->high;
  }
  return json;
}

Json score_change_json(const analyze::ScoreChange& change) {
  const metric::Metric* metric = metric::find_metric(change.column.metric);
  Json json{{"task", change.column.task},
            {"difference", change.difference},
            {"verdict", analyze::name(change.verdict)},
            {"is_share", metric != nullptr && metric->format == metric::MetricFormat::ratio}};
  if (change.interval) {
    json["low"] = change.interval->low;
    json["high"] = change.interval->high;
  }
  base::set_if(json, "p", change.p_holm);
  return json;
}

Json impacts_json(const Analysis& analysis) {
  Json list = Json::array();
  for (const analyze::Impact& impact : analysis.impacts) {
    const auto own = find_place(analysis, impact.model, impact.precision, impact.point);
    const auto base = find_place(analysis, impact.base_model, impact.base_precision, impact.base_point);
    if (!own || !base) continue;
    Json json{{"configuration", *own}, {"base", *base}};
    json["changes"] = Json::object();
    for (const auto& [metric, change] : impact.changes) json["changes"][metric] = change_json(change);
    json["scores"] = Json::array();
    for (const analyze::ScoreChange& change : impact.scores)
      json["scores"].push_back(score_change_json(change));
    list.push_back(std::move(json));
  }
  return list;
}

// The answers from each budget on.
Json rungs_json(const Recommendation& all, const Analysis& analysis) {
  Json list = Json::array();
  for (const recommend::Rung& rung : all.every_budget) {
    Json json{{"memory", rung.memory_bytes},
              {"decided", rung.answer.is_decided},
              {"sentence", report::answer_sentence(rung.answer, all, analysis)}};
    base::set_if(json, "choice", rung.answer.choice);
    base::set_if(json, "runner_up", rung.answer.runner_up);
    json["rivals"] = Json::array();
    json["reasons"] = Json::array();
    for (const recommend::Place& place : rung.answer.places) {
      if (place.standing == recommend::Standing::rival) json["rivals"].push_back(place.configuration);
      json["reasons"].push_back(place.reason);
    }
    list.push_back(std::move(json));
  }
  return list;
}

Json front_json(const recommend::Front& front) {
  Json json{{"name", front.name}, {"objectives", front.objectives}, {"members", front.members}};
  json["dominated"] = Json::array();
  for (const recommend::Dominated& one : front.dominated)
    json["dominated"].push_back({{"configuration", one.configuration}, {"by", one.by}});
  return json;
}

// Facts of a machine as name and text.
Json facts_json(const Json& device) {
  Json facts = Json::array();
  const auto add = [&](const char* name, const std::optional<std::string>& text) {
    if (text) facts.push_back({name, *text});
  };
  const Json& cpu = base::child_at(device, "cpu");
  const Json& memory = base::child_at(device, "memory");
  const Json& system = base::child_at(device, "system");
  const auto count = [](const std::optional<std::int64_t>& number) {
    return number ? std::optional(fmt::format("{}", *number)) : std::nullopt;
  };
  add("Board", base::string_at(system, "board"));
  add("Processor", base::string_at(cpu, "model"));
  add("Cores", count(base::integer_at(cpu, "physical_cores")));
  add("CPUs", count(base::integer_at(cpu, "logical_cpus")));
  const auto bytes = base::number_at(memory, "total_bytes");
  add("Memory", bytes ? std::optional(base::format_bytes(*bytes)) : std::nullopt);
  add("System", base::string_at(system, "os"));
  add("Kernel", base::string_at(system, "kernel"));
  add("Identity", base::string_at(device, "identity"));
  return facts;
}

std::string device_name(const Json& device) {
  const auto board = base::string_at(base::child_at(device, "system"), "board");
  const auto model = base::string_at(base::child_at(device, "cpu"), "model");
  const auto cpus = base::integer_at(base::child_at(device, "cpu"), "logical_cpus");
  if (board) return *board;
  if (model) return cpus ? fmt::format("{}, {} CPUs", *model, *cpus) : *model;
  return base::string_at(device, "identity").value_or("unknown device");
}

// The machines of the configurations, each once, and which each was measured on.
struct Devices {
  Json list = Json::array();
  std::map<std::string, std::size_t> places;

  std::size_t place(const Configuration& one) {
    const record::Record* record = report::leading_cell(one);
    if (record == nullptr && one.predicted) record = &*one.predicted;
    const Json device = record != nullptr && record->device.is_object() ? record->device : Json::object();
    const std::string identity = base::string_at(device, "identity").value_or("");
    const auto [found, is_new] = places.try_emplace(identity, places.size());
    if (is_new)
      list.push_back({{"name", device_name(device)}, {"identity", identity}, {"facts", facts_json(device)}});
    return found->second;
  }
};

void add_standing(Json& json, const Recommendation& all, std::size_t index) {
  json["task_quality"] = Json::object();
  if (const auto& quality = all.qualities[index]) {
    json["quality"] = quality->value;
    for (const recommend::TaskQuality& task : quality->tasks)
      json["task_quality"][task.task] = task.corrected;
  }
  if (const auto& need = all.needs[index]) json["memory_need"] = need->with_margin();
  for (const recommend::Place& place : all.answer.places) {
    if (place.configuration != index) continue;
    json["standing"] = recommend::name(place.standing);
    json["rule"] = recommend::name(place.rule);
    json["reason"] = place.reason;
  }
}

// Published results may have the rate of a batch only, which no choice rests on but a picture shows.
std::string shown_speed(const Analysis& analysis, const std::vector<const metric::Metric*>& known) {
  const std::string_view usual = report::speed_metric(analysis);
  const auto is_known = [&](std::string_view name) {
    return std::ranges::any_of(known, [name](const auto* metric) { return metric->name == name; });
  };
  constexpr std::string_view kBatch = "batch_output_tokens_per_s";
  return std::string(!is_known(usual) && is_known(kBatch) ? kBatch : usual);
}

void add_answer(Json& json, const Source& source, const std::optional<Recommendation>& all) {
  const Analysis& analysis = source.analysis;
  json["answer"] = Json::array();
  json["decided"] = all && all->answer.is_decided;
  json["objectives"] = all ? Json(all->answer.objectives) : Json::array();
  json["every_budget"] = all ? rungs_json(*all, analysis) : Json::array();
  json["fronts"] = Json::array();
  if (!all) return;
  if (analysis.configurations.size() > 1) json["answer"] = report::answer_lines(*all, analysis);
  base::set_if(json, "choice", all->answer.choice);
  base::set_if(json, "runner_up", all->answer.runner_up);
  for (const recommend::Front& front : recommend::find_fronts(analysis, *all))
    json["fronts"].push_back(front_json(front));
}

}  // namespace

base::Result<Json> make_dataset(const Source& source) {
  const Analysis& analysis = source.analysis;
  TRY_ASSIGN(const auto all, report::default_recommendation(analysis, source.items, true));
  const auto known = known_metrics(analysis);
  Json json{{"schema", kSchema}, {"generator", "bantam " BANTAM_VERSION}};
  json["title"] = source.title;
  json["metrics"] = Json::array();
  for (const metric::Metric* metric : known) json["metrics"].push_back(metric_json(*metric));
  json["tasks"] = Json::array();
  for (const analyze::ScoreColumn& column : analysis.columns) json["tasks"].push_back(task_json(column, all));
  Devices devices;
  json["configurations"] = Json::array();
  for (std::size_t i = 0; i < analysis.configurations.size(); ++i) {
    TRY_ASSIGN(Json one, configuration_json(analysis, i, known, source.trials));
    one["device"] = devices.place(analysis.configurations[i]);
    add_energy(one, analysis.configurations[i],
               all ? all->tasks.tasks : std::vector<recommend::QualityTask>{});
    if (all) add_standing(one, *all, i);
    json["configurations"].push_back(std::move(one));
  }
  json["impacts"] = impacts_json(analysis);
  add_answer(json, source, all);
  json["speed_metric"] = shown_speed(analysis, known);
  json["devices"] = devices.list;
  json["notes"] = all ? all->notes : analysis.notes;
  json["caveats"] = report::problem_lines(analysis);
  if (source.title.empty()) {
    const std::string name = devices.list.size() == 1 ? devices.list[0]["name"].get<std::string>()
                                                      : fmt::format("{} devices", devices.list.size());
    json["title"] = fmt::format("{}: {} configurations", name, analysis.configurations.size());
  }
  return json;
}

}  // namespace bantam::chart
