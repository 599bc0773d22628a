#include "exchange/every_eval_ever.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "exchange/every_eval_ever_scores.hpp"
#include "exchange/lm_eval_model.hpp"
#include "exchange/lm_eval_scores.hpp"
#include "exchange/score_files.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;
using record::Record;
using Unordered = nlohmann::json;  // equal whatever the order of members

constexpr int kDepth = 4;  // folders between
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
constexpr const char* kScores = kEveryEvalEverScores;
constexpr const char* kHint = "give a file of the schema, or the folder of such files";

std::string text_at(const Json& json, const char* key) {
  return base::string_at(json, key).value_or("");
}

bool is_known_version(const std::string& version) {
  return version.starts_with("0.2.") || version.starts_with("0.3.");
}

// Seconds since 1970, or a time stamp.
std::string time_from(const Json& json) {
  for (const char* key : {"evaluation_timestamp", "retrieved_timestamp"}) {
    const std::string text = text_at(json, key);
    const auto seconds = base::parse_number(text);
    const auto utc = seconds ? utc_from(*seconds) : std::optional(utc_from(text));
    if (utc && *utc != utc_from("")) return *utc;
  }
  return utc_from("");
}

// As lm-eval would say it: the converters keep its arguments and types, others name a type.
SaidModel model_of(const Json& json) {
  const Json& model = base::child_at(json, "model_info");
  const Json& details = base::child_at(model, "additional_details");
  std::string id = text_at(model, "id");
  if (id.empty()) id = text_at(model, "name");
  std::string type = text_at(details, "dtype");
  if (type.empty()) type = text_at(details, "precision");
  SaidModel said = said_model(id, base::child_at(details, "model_args"), type);
  said.why_no_model = "it names no model";
  return said;
}

// The scores of one task.
struct TaskScores {
  std::vector<EveryEvalEverScore> scores;
  Json entries = Json::array();
  Json settings;  // of each
  Unordered unordered_settings;
};

// The file with its scores left out; their place stays.
Json without_scores(const Json& json) {
  Json content = Json::object();
  for (const auto& [key, value] : json.items()) content[key] = key == kScores ? Json() : value;
  return content;
}

class Reader {
 public:
  Reader(const fs::path& path, const EveryEvalEverImport& options)
      : options_(options), files_(path, {kDepth, kMostBytes, kHint}, options) {}

  Result<ImportedRecords> run() {
    TRY(files_.read([this](const ScoreFiles::File& file) { read(file); }));
    return std::move(files_).take("result of the schema every eval ever");
  }

 private:
  void read(const ScoreFiles::File& file) {
    const Json& json = file.json;
    if (!base::child_at(json, kScores).is_array() || !base::child_at(json, "model_info").is_object())
      return files_.leave_out(file.name, "it is no result of the schema every eval ever");
    const std::string version = text_at(json, "schema_version");
    if (!is_known_version(version))
      return files_.leave_out(file.name, fmt::format("version '{}' of its schema is not known", version));
    const auto placed = files_.place(model_of(json), file.name);
    if (!placed) return files_.leave_out(file.name, placed.error());
    take_in(json, {std::string(kEveryEvalEverTool), file.name, file.sha256, without_scores(json), {}},
            *placed);
  }

  void take_in(const Json& json, const record::Imported& origin, const PlacedModel& placed) {
    const std::string library = text_at(base::child_at(json, "eval_library"), "name");
    std::map<std::string, TaskScores> tasks;
    for (const Json& entry : base::child_at(json, kScores)) {
      auto score = score_of(entry);
      if (!score) {
        files_.leave_out("a score of " + origin.file, score.error());
        continue;
      }
      TaskScores& task = tasks[score->task];
      Json settings = settings_of(entry, library);
      Unordered unordered(settings);
      if (task.scores.empty()) {
        task.settings = std::move(settings);
        task.unordered_settings = std::move(unordered);
      } else if (unordered != task.unordered_settings) {
        files_.leave_out("a score of " + origin.file,
                         fmt::format("{} {}: its settings are not those of the first score of {}",
                                     score->task, score->metric, score->task));
        continue;
      }
      task.entries.push_back(entry);
      task.scores.push_back(*std::move(score));
    }
    for (const auto& [task, scores] : tasks) files_.keep(record_of(json, origin, placed, task, scores), {});
    if (tasks.empty()) files_.leave_out(origin.file, "none of its scores can be used");
  }

  Record record_of(const Json& json, record::Imported origin, const PlacedModel& placed,
                   const std::string& task, const TaskScores& scores) {
    origin.content[kScores] = scores.entries;
    origin.caveats["precision"] = placed.basis;
    const Json& source = base::child_at(json, "source_metadata");
    const std::string library = text_at(base::child_at(json, "eval_library"), "name");
    for (const EveryEvalEverScore& score : scores.scores)
      origin.caveats[score.metric] =
          fmt::format("is as {} says ({}, {}), without its items", source_name(source),
                      base::replace_all(text_at(source, "source_type"), "_", " "),
                      library.empty() ? "by an unknown library" : "by " + library);
    Record record = imported_record(origin, placed.model, placed.reference, placed.precision, task,
                                    options_.device, time_from(json));
    add_scores(origin.file, scores, record);
    record.settings = scores.settings;
    return record;
  }

  static std::string source_name(const Json& source) {
    for (const char* key : {"source_name", "source_organization_name"}) {
      if (const std::string text = text_at(source, key); !text.empty()) return text;
    }
    return "an unnamed source";
  }

  void add_scores(const std::string& file, const TaskScores& scores, Record& record) {
    std::set<std::string> filters;
    for (const EveryEvalEverScore& score : scores.scores) filters.insert(score.filter);
    const Json& entry = scores.entries.front();
    const Json& source = base::child_at(entry, "source_data");
    record::TaskFacts facts;
    facts.name = record.task;
    facts.data = base::string_at(source, "hf_repo").value_or(text_at(source, "dataset_name"));
    facts.filters.assign(filters.begin(), filters.end());
    for (const EveryEvalEverScore& score : scores.scores) {
      const std::string key = metric_key({score.metric, score.filter}, filters.size() == 1);
      if (!record.metrics.try_emplace(key, score.value).second) {
        files_.leave_out("a score of " + file,
                         fmt::format("{} {} is there twice: the first counts", record.task, key));
        continue;
      }
      if (std::ranges::find(facts.metrics, score.metric) == facts.metrics.end())
        facts.metrics.push_back(score.metric);
      facts.items = std::max(facts.items, score.value.n.value_or(0));
    }
    record::set_tasks(record, {facts});
  }

  // What scores depend on: unlike ones are not compared.
  static Json settings_of(const Json& entry, const std::string& library) {
    const Json& generation = base::child_at(entry, "generation_config");
    Json accuracy{{"eval_library", library}};
    if (const Json& arguments = base::child_at(generation, "generation_args"); arguments.is_object()) {
      accuracy["generation_args"] = arguments;
      accuracy["generation_args"].erase("execution_command");
    }
    const auto shots =
        base::parse_integer(text_at(base::child_at(generation, "additional_details"), "num_fewshot"));
    if (shots && *shots >= 0) accuracy["num_fewshot"] = *shots;
    return {{"engine", Json::object()}, {"accuracy", std::move(accuracy)}};
  }

  const EveryEvalEverImport& options_;
  ScoreFiles files_;
};

}  // namespace

Result<ImportedRecords> read_every_eval_ever(const fs::path& path, const EveryEvalEverImport& options) {
  return Reader(path, options).run();
}

}  // namespace bantam::exchange
