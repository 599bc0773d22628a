#include "chart/energy_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "metric/catalogue.hpp"
#include "record/block_energy.hpp"
#include "record/resources.hpp"
#include "record/sections.hpp"
#include "report/sensor_text.hpp"

namespace bantam::chart {
namespace {

using analyze::Configuration;
using base::Json;
using recommend::QualityTask;

constexpr const char* kPerRequest = "energy_per_request_j";
constexpr const char* kPerRight = "energy_per_correct_j";

const record::Record* cell_of(const Configuration& one, std::string_view task) {
  const auto found = one.cells.find(std::string(task));
  return found == one.cells.end() ? nullptr : &found->second;
}

// --- power over time ---------------------------------------------------------------------------------------

std::string why_no_power_line(const Configuration& one, const std::optional<record::BlockEnergy>& energy) {
  const record::Record* cell = cell_of(one, analyze::kEnergy);
  if (cell == nullptr) return "energy was not measured";
  if (record::is_imported(*cell)) return "it was measured by another tool";
  if (energy && !energy->power_trace_absent.empty()) return energy->power_trace_absent;
  if (cell->outcome != record::Outcome::ok) return "the energy cell did not end well";
  return "the record is of an earlier version";
}

// How busy GPUs were meanwhile, those that tell.
Json gpu_lines(const std::vector<record::GpuLoad>& gpus) {
  constexpr auto kBusy = static_cast<std::size_t>(record::GpuFigure::utilization);
  Json lines = Json::array();
  for (const record::GpuLoad& gpu : gpus) {
    if (!gpu.trace || gpu.trace->means[kBusy].empty()) continue;
    Json line{{"name", gpu.name},
              {"begin", gpu.trace->begin_s},
              {"bin", gpu.trace->bin_s},
              {"busy", Json::array()}};
    for (const auto& percent : gpu.trace->means[kBusy])
      line["busy"].push_back(percent ? Json(*percent) : Json(nullptr));
    lines.push_back(std::move(line));
  }
  return lines;
}

Json power_line(const record::BlockEnergy& energy) {
  const record::PowerTrace& trace = *energy.power_trace;
  Json json{{"begin", trace.begin_s}, {"bin", trace.bin_s},      {"window", trace.window_s},
            {"watts", trace.watts},   {"phases", Json::array()}, {"requests", Json::array()}};
  for (const record::PowerPhase& phase : trace.phases)
    json["phases"].push_back({{"name", phase.name}, {"begin", phase.begin_s}, {"end", phase.end_s}});
  for (const record::PowerRequest& request : trace.requests)
    json["requests"].push_back({request.begin_s, request.first_token_s, request.end_s});
  if (!trace.cut.empty()) json["cut"] = trace.cut;
  base::set_if(json, "joules", energy.headline()->joules);
  json["is_estimate"] = energy.headline()->grade == "D";
  if (Json gpus = gpu_lines(energy.gpus); !gpus.empty()) json["gpus"] = std::move(gpus);
  return json;
}

void add_power_line(Json& json, const Configuration& one) {
  const record::Record* cell = cell_of(one, analyze::kEnergy);
  const auto energy = cell == nullptr ? std::nullopt : record::block_energy(*cell);
  if (energy && energy->power_trace && energy->headline() != nullptr)
    json["power_line"] = power_line(*energy);
  else
    json["power_line_absent"] = why_no_power_line(one, energy);
}

// --- joules per right answer -------------------------------------------------------------------------------

Json per_right_json(double joules, const char* way, const std::string& sensor, record::Evidence evidence) {
  return {{"value", joules}, {"way", way}, {"sensor", sensor}, {"evidence", record::name(evidence)}};
}

// The mean over the tasks that carry an energy of their own; absent where one does not, or by other sensors.
std::optional<Json> measured_per_right(const Configuration& one, const std::vector<QualityTask>& tasks) {
  double sum = 0.0;
  std::optional<std::string> sensor;
  for (const QualityTask& task : tasks) {
    const record::Record* cell = cell_of(one, task.column.task);
    if (cell == nullptr || cell->outcome != record::Outcome::ok) return std::nullopt;
    const auto joules = cell->metrics.find(kPerRight);
    if (joules == cell->metrics.end()) return std::nullopt;
    const std::string own = report::sensor_text(*cell).value_or("not told");
    if (sensor && *sensor != own) return std::nullopt;
    sensor = own;
    sum += joules->second.value;
  }
  if (!sensor) return std::nullopt;
  return per_right_json(sum / static_cast<double>(tasks.size()), "measured", *sensor,
                        record::Evidence::measured);
}

// The mean share of right answers; absent where a task has no score.
std::optional<double> right_share(const Configuration& one, const std::vector<QualityTask>& tasks) {
  double sum = 0.0;
  for (const QualityTask& task : tasks) {
    const auto score = analyze::score_entry(one, task.column).value;
    if (!score) return std::nullopt;
    sum += score->value;
  }
  return tasks.empty() ? std::nullopt : std::optional(sum / static_cast<double>(tasks.size()));
}

void add_per_right(Json& json, const Configuration& one, const std::vector<QualityTask>& tasks) {
  const auto absent = [&json](const std::string& why) { json["per_right_absent"] = why; };
  if (auto measured = measured_per_right(one, tasks)) {
    json["per_right"] = *std::move(measured);
    return;
  }
  const auto share = right_share(one, tasks);
  if (!share) return absent("no score of a task of right answers");
  const analyze::Entry joules = analyze::metric_entry(one, kPerRequest);
  if (!joules.value) return absent("no energy: " + joules.absent);
  if (!(*share > 0.0)) return absent("no answer is right");
  json["per_right"] = per_right_json(joules.value->value / *share, "derived",
                                     report::sensor_text(one).value_or("not told"), joules.evidence);
}

// --- roofline ----------------------------------------------------------------------------------------------

void add_roofline(Json& json, const Configuration& one) {
  const record::Record* cell = cell_of(one, analyze::kResources);
  const auto found = cell == nullptr ? std::nullopt : record::roofline(*cell);
  if (!found) {
    json["roofline_absent"] = cell == nullptr
                                  ? "resources were not measured (--tasks resources)"
                                  : "the limits of its machine are not known, or no phase was measured";
    return;
  }
  Json& told = json["roofline"] = {{"bytes_per_s", found->read_bytes_per_s},
                                   {"operations_per_s", found->operations_per_s},
                                   {"phases", Json::array()}};
  for (const record::RooflinePhase& phase : found->phases)
    told["phases"].push_back({{"name", phase.phase},
                              {"operations_per_byte", phase.operations_per_byte},
                              {"operations_per_s", phase.operations_per_s}});
}

}  // namespace

void add_energy(Json& json, const Configuration& one, const std::vector<QualityTask>& tasks) {
  if (const auto sensor = report::sensor_text(one)) json["energy_sensor"] = *sensor;
  add_power_line(json, one);
  add_per_right(json, one, tasks);
  add_roofline(json, one);
}

}  // namespace bantam::chart
