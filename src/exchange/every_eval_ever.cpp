#include "exchange/every_eval_ever.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/every_eval_ever_scores.hpp"
#include "exchange/lm_eval_model.hpp"
#include "exchange/lm_eval_scores.hpp"
#include "exchange/python_json.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Json;
using base::Result;
using record::Record;
using Unordered = nlohmann::json;  // equal whatever the order of members

constexpr int kDepth = 4;  // folders between
constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
constexpr const char* kTool = "every eval ever";
constexpr const char* kScores = "evaluation_results";
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
  Reader(fs::path path, const EveryEvalEverImport& options) : path_(std::move(path)), options_(options) {
    std::error_code ignored;
    is_folder_ = fs::is_directory(path_, ignored);
    folder_ = is_folder_ ? path_ : path_.parent_path();
  }

  Result<ImportedRecords> run() {
    TRY_ASSIGN(const FoundFiles all, file_or_json_files(path_, kDepth, kHint));
    for (const fs::path& link : all.skipped) leave_out(name(link), "it is a link");
    for (const fs::path& file : all.files) read(file);
    if (newest_.empty())
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{} holds no result of the schema every eval ever ({} JSON files)",
                                    base::printable(path_.string()), all.files.size()),
                        notes_.empty() ? kHint : notes_.front());
    ImportedRecords imported = std::move(newest_).take();
    imported.notes = std::move(notes_);
    return imported;
  }

 private:
  std::string name(const fs::path& file) const {
    return folder_.empty() ? file.string() : path_within(folder_, file);
  }
  void leave_out(const std::string& what, const std::string& why) {
    notes_.push_back(base::printable(fmt::format("{} is left out: {}", what, why)));
  }

  void read(const fs::path& path) {
    const std::string file = name(path);
    const auto text = base::read_file(path, kMostBytes);
    if (!text) return leave_out(file, text.error().message);
    const auto read = parse_python_json(*text);
    if (!read) return leave_out(file, "it " + read.error());
    const Json& json = read->json;
    if (!base::child_at(json, kScores).is_array() || !base::child_at(json, "model_info").is_object())
      return leave_out(file, "it is no result of the schema every eval ever");
    const std::string version = text_at(json, "schema_version");
    if (!is_known_version(version))
      return leave_out(file, fmt::format("version '{}' of its schema is not known", version));
    SaidModel said = model_of(json);
    const auto told = said.precision;
    said.model = said_or_asked(said.model, {"--model", options_.model, is_folder_}, file, notes_);
    said.precision = said_or_asked(told, {"--precision", options_.precision, is_folder_}, file, notes_);
    if (said.precision != told) said.basis.clear();
    if (!said.model) return leave_out(file, said.why_no_model + "; say it with --model NAME");
    if (!said.precision) return leave_out(file, said.why_no_precision + "; say it with --precision P");
    take_in(json, {kTool, file, base::sha256(*text), without_scores(json), {}}, said);
  }

  void take_in(const Json& json, const record::Imported& origin, const SaidModel& said) {
    const std::string library = text_at(base::child_at(json, "eval_library"), "name");
    std::map<std::string, TaskScores> tasks;
    for (const Json& entry : base::child_at(json, kScores)) {
      auto score = score_of(entry);
      if (!score) {
        leave_out("a score of " + origin.file, score.error());
        continue;
      }
      TaskScores& task = tasks[score->task];
      Json settings = settings_of(entry, library);
      Unordered unordered(settings);
      if (task.scores.empty()) {
        task.settings = std::move(settings);
        task.unordered_settings = std::move(unordered);
      } else if (unordered != task.unordered_settings) {
        leave_out("a score of " + origin.file,
                  fmt::format("{} {}: its settings are not those of the first score of {}", score->task,
                              score->metric, score->task));
        continue;
      }
      task.entries.push_back(entry);
      task.scores.push_back(*std::move(score));
    }
    for (const auto& [task, scores] : tasks)
      newest_.keep(record_of(json, origin, said, task, scores), {}, notes_);
    if (tasks.empty()) leave_out(origin.file, "none of its scores can be used");
  }

  Record record_of(const Json& json, record::Imported origin, const SaidModel& said, const std::string& task,
                   const TaskScores& scores) {
    origin.content[kScores] = scores.entries;
    origin.caveats["precision"] = basis_text(said.basis);
    const Json& source = base::child_at(json, "source_metadata");
    const std::string library = text_at(base::child_at(json, "eval_library"), "name");
    for (const EveryEvalEverScore& score : scores.scores)
      origin.caveats[score.metric] =
          fmt::format("is as {} says ({}, {}), without its items", source_name(source),
                      base::replace_all(text_at(source, "source_type"), "_", " "),
                      library.empty() ? "by an unknown library" : "by " + library);
    Record record =
        imported_record(origin, *said.model, said.reference.empty() ? *said.model : said.reference,
                        *said.precision, task, options_.device, time_from(json));
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
        leave_out("a score of " + file,
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

  fs::path path_;
  const EveryEvalEverImport& options_;
  fs::path folder_;
  bool is_folder_ = false;
  NewestRecords newest_;
  std::vector<std::string> notes_;
};

}  // namespace

Result<ImportedRecords> read_every_eval_ever(const fs::path& path, const EveryEvalEverImport& options) {
  return Reader(path, options).run();
}

}  // namespace bantam::exchange
