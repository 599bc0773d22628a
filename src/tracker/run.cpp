#include "tracker/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "analyze/configuration.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "record/private_parts.hpp"
#include "record/sections.hpp"

namespace bantam::tracker {
namespace {

using base::Json;
using base::Result;
using record::Record;

constexpr const char* kMeasured = "measured";
constexpr const char* kImported = "imported";
constexpr double kLongestBlock_s = 1e9;

CellOutcome outcome_of(const Record& record) {
  const auto origin = record::imported(record);
  return {analyze::outcome_text(record), origin ? fmt::format("imported from {}", origin->tool) : kMeasured};
}

std::string evidence_of(const analyze::Configuration& one) {
  const auto is_imported = [](const auto& cell) { return record::is_imported(cell.second); };
  if (std::ranges::none_of(one.cells, is_imported)) return kMeasured;
  return std::ranges::all_of(one.cells, is_imported) ? kImported : "mixed";
}

// The record that speaks for the machine and the engine: of the speed cell, else the first that names them.
const Record& speaker(const analyze::Configuration& one) {
  const auto performance = one.cells.find(std::string(analyze::kPerformance));
  if (performance != one.cells.end() && performance->second.device.is_object()) return performance->second;
  const auto found = std::ranges::find_if(one.cells, [](const auto& cell) {
    return cell.second.device.is_object() && cell.second.engine.is_object();
  });
  return found == one.cells.end() ? one.cells.begin()->second : found->second;
}

std::string device_of(const Record& record) {
  const record::MachineFacts machine = record::machine_facts(record);
  const auto board = base::string_at(base::child_at(record.device, "system"), "board");
  for (const auto& name : {board, machine.cpu_model, machine.identity}) {
    if (name && !name->empty()) return *name;
  }
  return "unknown device";
}

Json tasks_json(const Record& record) {
  Json list = Json::array();
  for (const record::TaskFacts& task : record::tasks(record)) {
    Json json{{"name", task.name}, {"num_fewshot", task.num_fewshot}, {"items", task.items}};
    base::set_if(json, "version", task.version);
    list.push_back(std::move(json));
  }
  return list;
}

Json origin_json(const record::Imported& origin) {
  Json json{{"tool", origin.tool}, {"file", origin.file}, {"sha256", origin.sha256}};
  if (!origin.caveats.empty()) json["caveats"] = origin.caveats;
  return json;
}

Json cell_json(const Record& record) {
  const CellOutcome outcome = outcome_of(record);
  Json json{{"outcome", outcome.text},         {"evidence", outcome.evidence},
            {"cell_key", record.cell_key},     {"attempt", record.attempt},
            {"started_at", record.started_at}, {"finished_at", record.finished_at}};
  if (record.settings.is_object()) json["settings"] = record.settings;
  if (Json tasks = tasks_json(record); !tasks.empty()) json["tasks"] = std::move(tasks);
  if (!record.warnings.empty()) json["warnings"] = record.warnings;
  if (!record.absent.empty()) json["absent"] = record.absent;
  if (const auto origin = record::imported(record)) json["imported"] = origin_json(*origin);
  return json;
}

Json config_of(const analyze::Configuration& one, const Run& run) {
  Json config{{"model", one.model}, {"precision", one.precision}};
  if (!one.point.empty()) config["point"] = one.point;
  config["evidence"] = run.evidence;
  config["exporter"] = "bantam " BANTAM_VERSION;
  const Record& record = speaker(one);
  if (!record.reference.empty()) config["reference"] = record.reference;
  if (record.engine.is_object()) {
    config["engine"] = record.engine;
    config["engine"].erase("chat_template");  // a whole program
  }
  if (record.model_info.is_object()) config["model_info"] = record.model_info;
  if (record.device.is_object()) config["device"] = record.device;
  for (const auto& [task, cell] : one.cells) config["cells"][task] = cell_json(cell);
  return config;
}

void add_figures(Run& run, const Record& record, const std::string& part,
                 const std::map<std::string, record::Value>& metrics) {
  for (const auto& [key, value] : metrics)
    run.figures.push_back(
        {figure_name(record.task, part, key), record.task, part, key, value, record::is_imported(record)});
}

void add_figures(Run& run, const Record& record) {
  if (record.outcome != record::Outcome::ok) return;
  run.has_ok = true;
  add_figures(run, record, "", record.metrics);
  for (const auto& [leaf, metrics] : record.subtasks) add_figures(run, record, leaf, metrics);
  const auto groups = record::groups(record);
  for (std::size_t i = 1; i < groups.size(); ++i) {  // the first is the record's own
    if (!record.subtasks.contains(groups[i].name))
      add_figures(run, record, groups[i].name, groups[i].metrics);
  }
}

base::Status add_steps(Run& run, const Record& record, const BlockSource& blocks) {
  if (record.outcome != record::Outcome::ok) return {};
  const auto rounds = record::block_figures(record);
  if (rounds.empty()) return {};
  std::map<std::int64_t, std::int64_t> ends;
  if (blocks) {
    TRY_ASSIGN(const auto kept, blocks(record.cell_key, record.attempt));
    for (const record::Block& block : kept) {
      const auto began = base::utc_seconds(block.started_at);
      const bool is_plausible = block.wall_s >= 0.0 && block.wall_s < kLongestBlock_s;
      if (began && is_plausible) ends[block.round] = *began + static_cast<std::int64_t>(block.wall_s);
    }
  }
  for (const record::BlockFigures& round : rounds) {
    Step step{round.round, {}, round.reasons.empty(), {}};
    if (const auto end = ends.find(round.round); end != ends.end()) step.time_s = end->second;
    if (step.counts) step.values = round.values;
    run.steps.push_back(std::move(step));
  }
  std::ranges::stable_sort(run.steps, {}, &Step::round);
  return {};
}

// What the configuration is, and all that its records say.
void add_hashes(Run& run, const analyze::Configuration& one) {
  std::set<std::string> machines;
  std::set<std::string> files;
  Json all = Json::array();
  for (const auto& [task, record] : one.cells) {
    machines.insert(record::machine_facts(record).identity.value_or(""));
    files.insert(record::model_facts(record).sha256.value_or(""));
    all.push_back(record::to_json(record));
  }
  machines.erase("");
  files.erase("");
  run.key = base::sha256(base::to_text(Json::array({one.model, one.precision, one.point, machines, files})));
  run.results = base::sha256(base::to_text(all));
}

Result<Run> run_of(const analyze::Configuration& one, const BlockSource& blocks) {
  Run run;
  run.model = one.model;
  run.precision = one.precision;
  run.point = one.point;
  run.device = device_of(speaker(one));
  run.machine = record::machine_facts(speaker(one)).identity.value_or("");
  run.evidence = evidence_of(one);
  for (const auto& [task, record] : one.cells) {
    if (run.started_at.empty() || record.started_at < run.started_at) run.started_at = record.started_at;
    run.finished_at = std::max(run.finished_at, record.finished_at);
    run.cells[task] = outcome_of(record);
    add_figures(run, record);
    TRY(add_steps(run, record, blocks));
  }
  add_hashes(run, one);
  run.config = config_of(one, run);
  return run;
}

}  // namespace

std::string Run::setup() const {
  return analyze::setup_name(precision, point);
}

Result<Runs> runs_of(const std::vector<Record>& records, const BlockSource& blocks) {
  if (records.empty()) {
    return base::fail(base::ErrorKind::bad_input, "the store holds no finished cell",
                      "run `bantam run` with this store first");
  }
  Runs all;
  std::vector<Record> passed_on = records;
  record::leave_out_private_parts(passed_on);
  for (const analyze::Configuration& one : analyze::gather(passed_on, all.notes)) {
    TRY_ASSIGN(Run run, run_of(one, blocks));
    all.runs.push_back(std::move(run));
  }
  return all;
}

}  // namespace bantam::tracker
