#include "exchange/hub_scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "record/known_time.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {
namespace {

using analyze::Configuration;
using base::Json;
using record::Record;
using record::TaskFacts;

constexpr std::string_view kHubFile = "hf://datasets/";
constexpr double kPercent = 100.0;

// "user/name", with what the hub allows in both.
bool is_hub_name(std::string_view text) {
  const auto is_part = [](std::string_view part) {
    const auto is_allowed = [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
    };
    return !part.empty() && part.front() != '.' && part.front() != '-' && part.size() <= 96 &&
           std::ranges::all_of(part, is_allowed);
  };
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_part(text.substr(0, slash)) && is_part(text.substr(slash + 1));
}

std::optional<std::string> text_at(const Json& json, std::string_view key) {
  auto text = base::string_at(json, key);
  return text && !text->empty() ? text : std::nullopt;
}

// "hf://datasets/user/name@revision/path".
std::optional<HubData> data_of_file(std::string_view file) {
  if (!file.starts_with(kHubFile)) return std::nullopt;
  const auto parts = base::split(file.substr(kHubFile.size()), '/');
  if (parts.size() < 3) return std::nullopt;
  const std::size_t mark = parts[1].find('@');
  HubData data{parts[0] + "/" + parts[1].substr(0, mark), {}, {}, {}};
  if (mark != std::string::npos) data.revision = parts[1].substr(mark + 1);
  return is_hub_name(data.dataset) ? std::optional(std::move(data)) : std::nullopt;
}

// Absent for data that are no data set of the hub.
std::optional<HubData> data_of(const TaskFacts& task) {
  std::optional<HubData> data = data_of_file(task.data);
  const std::string path = base::string_at(task.config, "dataset_path").value_or("");
  if (!data && is_hub_name(path)) {
    data = HubData{path, text_at(task.config, "dataset_name"), {}, {}};
    data->revision = text_at(base::child_at(task.config, "dataset_kwargs"), "revision");
  }
  if (!data) return std::nullopt;
  for (const char* key : {"test_split", "validation_split"}) {
    if (!data->split) data->split = text_at(task.config, key);
  }
  return data;
}

void keep_common(std::optional<std::string>& own, const std::optional<std::string>& other) {
  if (own != other) own.reset();
}

// What all tasks of the record have in common; absent where they are of several data sets, or of none.
std::optional<HubData> common_data(const std::vector<TaskFacts>& tasks) {
  std::optional<HubData> common;
  for (const TaskFacts& task : tasks) {
    const auto data = data_of(task);
    if (!data || (common && common->dataset != data->dataset)) return std::nullopt;
    if (!common) {
      common = data;
      continue;
    }
    keep_common(common->config, data->config);
    keep_common(common->split, data->split);
    keep_common(common->revision, data->revision);
  }
  return common;
}

std::string measured_by(const Record& record) {
  const std::string name = base::string_at(record.engine, "name").value_or("");
  const std::string version = base::string_at(record.engine, "version").value_or("");
  const std::string engine = name.empty() || version.empty() ? name : name + " " + version;
  const auto imported = record::imported(record);
  const std::string tool = imported ? imported->tool : "bantam";
  return engine.empty() ? tool : fmt::format("{}, {}", tool, engine);
}

// Four digits behind the point, so that 0.413 is 41.3.
double in_percent(double share) {
  return std::round(share * kPercent * 1e4) / 1e4;
}

record::Interval in_percent(record::Interval interval) {
  interval.low = in_percent(interval.low);
  interval.high = in_percent(interval.high);
  return interval;
}

// Why the hub cannot have the score; absent where it can.
std::optional<std::string> obstacle(const Record& record, const std::optional<HubData>& data) {
  if (const auto reason = analyze::why_no_answers(record)) return reason;
  if (!data) return "its data are no data set of the hub";
  return std::nullopt;
}

// Why the score is not that of the whole task; absent where it is.
std::optional<std::string> shortfall(const std::optional<analyze::ItemCount>& items) {
  if (items && items->is_whole()) return std::nullopt;
  if (items && items->is_part()) return items->text() + " were scored";
  return "how many of its items were scored is not known";
}

class Collector {
 public:
  explicit Collector(ItemsWanted wanted) : wanted_(wanted) {}

  void add(const Configuration& configuration, const analyze::ScoreColumn& column) {
    const analyze::Entry entry = analyze::score_entry(configuration, column);
    const metric::Metric* metric = metric::find_metric(column.metric);
    if (!entry.value || metric == nullptr) return;
    const Record& record = configuration.cells.at(column.task);
    const auto tasks = record::tasks(record);
    const auto data = common_data(tasks);
    const auto items = analyze::item_count(record);
    if (const auto reason = obstacle(record, data)) return leave_out(column.task, *reason);
    if (const auto reason = shortfall(items); reason && wanted_ == ItemsWanted::all) {
      all_.lacks_items = true;
      return leave_out(column.task, *reason);
    }
    HubScore& score = all_.scores.emplace_back();
    score.setup = configuration.setup();
    score.file_type = base::string_at(record.model_info, "file_type").value_or("");
    score.task = column.task;
    score.task_type = configuration.encodes ? "text-classification" : "text-generation";
    score.data = *data;
    score.metric = column.metric;
    score.is_percent = metric->format == metric::MetricFormat::ratio;
    score.value = score.is_percent ? in_percent(entry.value->value) : entry.value->value;
    score.interval = entry.value->interval;
    if (score.interval && score.is_percent) score.interval = in_percent(*score.interval);
    score.shots = analyze::told_shots(record, tasks.front());
    score.items = items;
    score.finished_at = record.finished_at;
    score.measured_by = measured_by(record);
  }

  HubScores taken() && { return std::move(all_); }

 private:
  void leave_out(const std::string& task, const std::string& reason) {
    std::string line = fmt::format("{}: {}", task, reason);
    if (std::ranges::find(all_.left_out, line) == all_.left_out.end())
      all_.left_out.push_back(std::move(line));
  }

  ItemsWanted wanted_;
  HubScores all_;
};

// "int4", "int4 (Q4_K_M)".
std::string file_text(const HubScore& score) {
  const bool is_told = score.file_type.empty() || score.file_type == score.setup;
  return is_told ? score.setup : fmt::format("{} ({})", score.setup, score.file_type);
}

std::string metric_text(const HubScore& score) {
  return score.metric + (score.is_percent ? " in percent" : "");
}

// Empty for a score of all items.
std::string part_text(const HubScore& score) {
  if (!score.items || !score.items->all) return ", of an unknown share of its items";
  return score.items->is_part() ? ", " + score.items->text() : "";
}

std::string notes_of(const HubScore& score) {
  std::string notes = metric_text(score);
  if (score.interval)
    notes += fmt::format(", {:g} % interval {:.5g} to {:.5g}", kPercent * score.interval->confidence,
                         score.interval->low, score.interval->high);
  if (score.shots) notes += fmt::format("; {}-shot", *score.shots);
  if (score.items) notes += "; " + score.items->text();
  if (!score.items || !score.items->all) notes += "; how many items the task has is not known";
  if (score.items && score.items->is_part()) notes += ": not the whole task";
  return fmt::format("{}; {}; measured by {}", notes, file_text(score), score.measured_by);
}

Json dataset_json(const HubScore& score) {
  Json json{{"type", score.data.dataset},
            {"name", score.shots ? fmt::format("{} ({}-shot)", score.task, *score.shots) : score.task}};
  base::set_if(json, "config", score.data.config);
  base::set_if(json, "split", score.data.split);
  base::set_if(json, "revision", score.data.revision);
  return json;
}

// To the result of this task on these data, which may be there already.
void add_metric(Json& results, const Json& task, const Json& dataset, Json metric) {
  for (Json& result : results) {
    if (result["task"] != task || result["dataset"] != dataset) continue;
    result["metrics"].push_back(std::move(metric));
    return;
  }
  Json metrics = Json::array();
  metrics.push_back(std::move(metric));
  results.push_back({{"task", task}, {"dataset", dataset}, {"metrics", std::move(metrics)}});
}

// Every text as it may be shown: names come from files.
void make_printable(Json& json) {
  if (json.is_string()) json = base::printable(json.get_ref<const std::string&>());
  if (!json.is_structured()) return;
  for (Json& part : json) make_printable(part);
}

}  // namespace

HubScores hub_scores(const std::vector<Configuration>& configurations,
                     const std::vector<analyze::ScoreColumn>& columns, ItemsWanted items) {
  Collector collector(items);
  for (const Configuration& configuration : configurations) {
    for (const analyze::ScoreColumn& column : columns) collector.add(configuration, column);
  }
  return std::move(collector).taken();
}

Json model_index(const std::string& model, const std::vector<HubScore>& scores) {
  Json results = Json::array();
  for (const HubScore& score : scores) {
    const Json task{{"type", score.task_type}};
    const Json dataset = dataset_json(score);
    Json metric{{"type", metric::base_name(score.metric)},
                {"value", score.value},
                {"name", fmt::format("{} {}, {}{}", score.task, metric_text(score), file_text(score),
                                     part_text(score))}};
    add_metric(results, task, dataset, std::move(metric));
  }
  Json index = Json::array();
  index.push_back({{"name", model}, {"results", std::move(results)}});
  make_printable(index);
  return index;
}

Json eval_results(const std::vector<HubScore>& scores, const EvalResultsOptions& options) {
  Json entries = Json::array();
  for (const HubScore& score : scores) {
    const auto id = options.task_ids.find(score.task);
    Json dataset{{"id", score.data.dataset},
                 {"task_id", id == options.task_ids.end() ? score.task : id->second}};
    base::set_if(dataset, "revision", score.data.revision);
    Json entry{{"dataset", std::move(dataset)}, {"value", score.value}};
    if (record::known_time(score.finished_at)) entry["date"] = score.finished_at;
    if (!options.source_url.empty()) entry["source"] = {{"url", options.source_url}};
    entry["notes"] = notes_of(score);
    entries.push_back(std::move(entry));
  }
  make_printable(entries);
  return entries;
}

}  // namespace bantam::exchange
