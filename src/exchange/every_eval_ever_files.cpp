#include "exchange/every_eval_ever_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "analyze/configuration.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "exchange/every_eval_ever.hpp"
#include "exchange/every_eval_ever_scores.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_task.hpp"
#include "metric/catalogue.hpp"
#include "record/known_time.hpp"
#include "record/private_parts.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using analyze::Configuration;
using base::Json;
using base::Result;
using record::Record;
using record::TaskFacts;

constexpr const char* kSchemaVersion = "0.3.0";
constexpr const char* kNoDeveloper = "unknown";

// Who gave the scores of a record.
struct Library {
  std::string name;
  std::string version;
  std::string source;  // the tool's own name
};
Library library_of(const Record& record) {
  const auto origin = record::imported(record);
  if (!origin) return {"bantam", BANTAM_VERSION, "bantam"};
  if (origin->tool != kLmEvalTool) return {origin->tool, "unknown", origin->tool};
  const auto version = base::string_at(origin->content, "lm_eval_version");
  return {"lm_eval", version.value_or("unknown"), origin->tool};
}

// Seconds since 1970, as the schema has time stamps; absent where the time is not known.
std::optional<std::string> unix_text(const std::string& utc) {
  const auto seconds = record::known_time(utc);
  return seconds ? std::optional(std::to_string(*seconds)) : std::nullopt;
}

// The form of a random UUID, of a SHA-256: the same for the same results.
std::string uuid_from(const std::string& sha256) {
  constexpr std::string_view kVariants = "89ab";
  const auto digit = static_cast<std::size_t>(sha256[16]);
  return fmt::format("{}-{}-4{}-{}{}-{}", sha256.substr(0, 8), sha256.substr(8, 4), sha256.substr(13, 3),
                     kVariants[digit % kVariants.size()], sha256.substr(17, 3), sha256.substr(20, 12));
}

// "org/tiny" is a model "tiny" of "org".
struct ModelId {
  std::string developer;
  std::string model;
};
ModelId model_id(const std::string& name) {
  const std::size_t mark = name.find('/');
  if (mark == std::string::npos || mark == 0 || mark + 1 == name.size()) return {kNoDeveloper, name};
  return {name.substr(0, mark), name.substr(mark + 1)};
}

Json source_data(const TaskFacts& facts) {
  const std::string path = base::string_at(facts.config, "dataset_path").value_or("");
  const bool is_of_hub = std::ranges::count(path, '/') == 1 &&
                         path.find_first_of(" \\~:") == std::string::npos && !path.starts_with('/') &&
                         !path.starts_with('.');
  Json json{{"dataset_name", facts.name}, {"source_type", is_of_hub ? "hf_dataset" : "other"}};
  if (!is_of_hub) return json;
  json["hf_repo"] = path;
  base::set_if(json, "hf_config", base::string_at(facts.config, "dataset_name"));
  for (const char* split : {"test_split", "validation_split"}) {
    if (const auto name = base::string_at(facts.config, split); name && !json.contains("hf_split"))
      json["hf_split"] = *name;
  }
  return json;
}

// Sampling parameters by the schema's names; all else as texts.
Json generation_config(const TaskFacts& facts) {
  Json arguments = Json::object();
  Json details{{"num_fewshot", std::to_string(facts.num_fewshot)}};
  const Json generation = facts.generation.value_or(Json::object());
  constexpr std::pair<const char*, const char*> kArguments[] = {
      {"temperature", "temperature"}, {"top_p", "top_p"}, {"top_k", "top_k"}, {"max_gen_toks", "max_tokens"}};
  for (const auto& [own, name] : kArguments) {
    if (const Json& value = base::child_at(generation, own); value.is_number()) arguments[name] = value;
  }
  for (const auto& [key, value] : generation.items()) {
    const bool is_argument =
        std::ranges::any_of(kArguments, [&key](const auto& one) { return key == one.first; });
    if (!is_argument) details[key] = value.is_string() ? value.get<std::string>() : base::to_text(value);
  }
  Json json = Json::object();
  if (!arguments.empty()) json["generation_args"] = std::move(arguments);
  json["additional_details"] = std::move(details);
  return json;
}

// The scores of one task.
void add_entries(const TaskFacts& facts, const std::map<std::string, record::Value>& metrics,
                 const std::optional<std::string>& time, Json& entries) {
  for (const auto& [key, value] : metrics) {
    if (!metric::is_score(key)) continue;
    const std::string name(metric::base_name(key));
    const std::string only = facts.filters.size() == 1 ? facts.filters.front() : "none";
    const std::string filter = key.size() > name.size() ? key.substr(name.size() + 1) : only;
    auto entry = entry_of({facts.name, name, filter, value});
    if (!entry) continue;
    (*entry)["source_data"] = source_data(facts);
    base::set_if(*entry, "evaluation_timestamp", time);
    (*entry)["generation_config"] = generation_config(facts);
    entries.push_back(*std::move(entry));
  }
}

// The facts of a record's own task or group; a group has those of its first task, under its own name.
TaskFacts facts_of(const Record& record) {
  const std::vector<TaskFacts> tasks = record::tasks(record);
  const auto own = std::ranges::find(tasks, record.task, &TaskFacts::name);
  TaskFacts facts = own != tasks.end() ? *own : tasks.empty() ? TaskFacts{} : tasks.front();
  if (own == tasks.end()) facts.config = Json::object();  // its data are those of its tasks
  facts.name = record.task;
  return facts;
}

class Writer {
 public:
  Writer(fs::path folder, const std::string& organization)
      : folder_(std::move(folder)), organization_(organization) {}

  Result<ExportedFiles> run(const std::vector<Record>& records, Existing existing) {
    std::vector<Record> passed_on = records;
    record::leave_out_private_parts(passed_on);
    const auto configurations = analyze::gather(passed_on, files_.notes);
    std::set<std::string> written;
    for (const Configuration& one : configurations) {
      const std::size_t before = planned_.size();
      plan(one);
      if (planned_.size() > before) written.insert(one.model);
    }
    if (planned_.empty())
      return base::fail(base::ErrorKind::bad_input, "the store holds no score of a task",
                        "run `bantam run --tasks accuracy` with this store first");
    std::vector<NamedFolder> folders;
    for (const std::string& model : written) folders.push_back({model, folder_of(model).string()});
    TRY(check_folders(folders));
    TRY(write_exports(planned_, existing, files_));
    return std::move(files_);
  }

 private:
  // Within the collection of a library.
  static fs::path folder_of(const std::string& model) {
    const ModelId id = model_id(model);
    return fs::path(sanitized(id.developer)) / sanitized(id.model);
  }
  void put(const std::string& library, const std::string& model, const std::string& identity,
           const Json& json) {
    const std::string name = uuid_from(base::sha256(identity)) + ".json";
    planned_.push_back(
        {folder_ / sanitized(library) / folder_of(model) / name, base::to_text(json, 2) + "\n"});
  }

  void plan(const Configuration& configuration) {
    const std::string& model = configuration.model;
    std::map<std::string, std::vector<const Record*>> by_library;
    std::map<std::string, std::vector<const Record*>> by_file;  // that were imported in this schema
    for (const auto& [task, record] : configuration.cells) {
      if (!record::is_scored_task(task)) continue;
      const auto origin = record::imported(record);
      if (record.outcome != record::Outcome::ok)
        files_.notes.push_back(
            base::printable(fmt::format("{} {} {} is left out: {}", model, configuration.precision, task,
                                        analyze::outcome_text(record))));
      else if (origin && origin->tool == kEveryEvalEverTool)
        by_file[origin->sha256].push_back(&record);
      else
        by_library[library_of(record).name].push_back(&record);
    }
    for (const auto& [library, all] : by_library) plan_scores(configuration, model, all);
    for (const auto& [sha256, all] : by_file) plan_kept(model, sha256, all);
  }

  // What was read from one file, in one again.
  void plan_kept(const std::string& model, const std::string& sha256,
                 const std::vector<const Record*>& records) {
    Json json = record::imported(*records.front())->content;
    Json& entries = json[kEveryEvalEverScores] = Json::array();
    for (const Record* record : records) {
      const auto origin = record::imported(*record);
      for (const Json& entry : base::child_at(origin->content, kEveryEvalEverScores))
        entries.push_back(entry);
    }
    const auto library = base::string_at(base::child_at(json, "eval_library"), "name");
    put(library.value_or(std::string(kEveryEvalEverTool)), model, sha256, json);
  }

  void plan_scores(const Configuration& configuration, const std::string& model,
                   const std::vector<const Record*>& records) {
    const Record& newest = **std::ranges::max_element(records, {}, &Record::finished_at);
    const Library library = library_of(newest);
    Json entries = Json::array();
    // Names of tasks: a record of its own goes before the same task within a group.
    std::set<std::string> seen;
    for (const Record* record : records) {
      add_entries(facts_of(*record), record->metrics, unix_text(record->finished_at), entries);
      seen.insert(record->task);
    }
    for (const Record* record : records) {
      for (const TaskFacts& facts : record::tasks(*record)) {
        const auto own = record->subtasks.find(facts.name);
        if (own != record->subtasks.end() && seen.insert(facts.name).second)
          add_entries(facts, own->second, unix_text(record->finished_at), entries);
      }
    }
    if (entries.empty()) return;
    const auto time = unix_text(newest.finished_at);
    // The schema wants this one: "0" stands for a time that is not known.
    const std::string retrieved = time.value_or("0");
    const std::string id =
        fmt::format("{}/{}/{}/{}", library.name, model, configuration.precision, retrieved);
    Json json{{"schema_version", kSchemaVersion},
              {"evaluation_id", id},
              {"evaluation_timestamp", retrieved},
              {"retrieved_timestamp", retrieved},
              {"source_metadata",
               {{"source_name", library.source},
                {"source_type", "evaluation_run"},
                {"source_organization_name", organization_},
                {"evaluator_relationship", "other"}}},
              {"eval_library", {{"name", library.name}, {"version", library.version}}},
              {"model_info", model_info(newest, model)},
              {kEveryEvalEverScores, std::move(entries)}};
    if (!time) json.erase("evaluation_timestamp");
    put(library.name, model, id, json);
  }

  static Json model_info(const Record& record, const std::string& model) {
    Json json{{"name", model}, {"id", model}, {"developer", model_id(model).developer}};
    const record::EngineFacts engine = record::engine_facts(record);
    if (const auto name = base::string_at(record.engine, "name"); name && engine.version)
      json["inference_engine"] = {{"name", *name}, {"version", *engine.version}};
    const record::ModelFacts facts = record::model_facts(record);
    Json& details = json["additional_details"] = {
        {"deployment_type", record::is_imported(record) ? "unknown" : "self_deployed"},
        {"model_availability", "unknown"},
        {"precision", record.precision}};
    base::set_if(details, "file_type", facts.file_type);
    base::set_if(details, "sha256", facts.sha256);
    base::set_if(details, "architecture", facts.architecture);
    if (facts.parameters) details["num_parameters"] = std::to_string(*facts.parameters);
    return json;
  }

  fs::path folder_;
  const std::string& organization_;
  std::vector<PlannedFile> planned_;
  ExportedFiles files_;
};

}  // namespace

Result<ExportedFiles> write_every_eval_ever(const fs::path& folder, const std::vector<Record>& records,
                                            const std::string& organization, Existing existing) {
  return Writer(folder, organization).run(records, existing);
}

}  // namespace bantam::exchange
