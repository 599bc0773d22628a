#include "exchange/lm_eval_results.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <ranges>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_kept.hpp"
#include "exchange/lm_eval_samples.hpp"
#include "exchange/lm_eval_task.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"
#include "plan/plan.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::GroupFacts;
using record::Record;

// The version whose form is written.
constexpr std::string_view kLmEvalVersion = "0.4.13";

// Where the layers were: the first device that is no CPU, unless none was given to it.
std::string device_name(const Record& record) {
  const record::EngineFacts engine = record::engine_facts(record);
  if (engine.gpu_layers == 0) return "cpu";
  for (const auto& device : engine.devices) {
    if (device.kind != "cpu") return device.name;
  }
  return "cpu";
}

// The name, and the settings that scores depend on. No reference: a path or address is nobody else's concern.
Json model_args(const std::string& name, const Record& record, const plan::EngineSettings& engine) {
  Json args{{"pretrained", name},
            {"precision", record.precision},
            {"cache_type_k", engine.cache_type_k},
            {"cache_type_v", engine.cache_type_v},
            {"flash_attn", engine.flash_attn}};
  base::set_if(args, "max_model_len", engine.max_model_len);
  return args;
}

template <typename T>
Json value_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json run_config(const std::string& name, const Record& record) {
  const plan::CellSettings settings = plan::cell_settings_from(record.settings);
  const record::ModelFacts model = record::model_facts(record);
  Json config{{"model", "bantam"}, {"model_args", model_args(name, record, settings.engine)}};
  base::set_if(config, "model_num_parameters", model.parameters);
  config["model_dtype"] = record.precision;
  config["model_revision"] = "";
  config["model_sha"] = model.sha256.value_or("");
  config["batch_size"] =
      settings.accuracy ? Json(std::to_string(settings.accuracy->batch_size)) : Json(nullptr);
  config["batch_sizes"] = Json::array();
  config["device"] = device_name(record);
  config["use_cache"] = nullptr;
  config["limit"] = settings.accuracy ? value_or_null(settings.accuracy->limit) : Json(nullptr);
  config["bootstrap_iters"] = 100000;
  config["gen_kwargs"] = Json::object();
  for (const char* key : {"random_seed", "numpy_seed", "torch_seed"}) config[key] = nullptr;
  config["fewshot_seed"] = value_or_null(settings.seed);
  return config;
}

std::string environment(const Record& record) {
  const record::MachineFacts machine = record::machine_facts(record);
  std::string text = "bantam";
  const auto add = [&text](std::string_view what, const std::optional<std::string>& value) {
    if (value) text += fmt::format("\n{}: {}", what, *value);
  };
  add("Engine", record::engine_facts(record).identity);
  add("OS", machine.os);
  add("Kernel", machine.kernel);
  add("Libc version", machine.libc);
  add("CPU", machine.cpu_model);
  return text;
}

// lm-eval's pair of a token's text and number; [null, "None"] when the model has none.
Json token_pair(const std::optional<record::SpecialToken>& token) {
  if (!token) return Json::array({nullptr, "None"});
  return Json::array({token->text, std::to_string(token->id)});
}

void add_tokenizer(const Record& record, Json& json) {
  const auto tokens = record::engine_facts(record).special_tokens;
  if (!tokens) return;
  json["tokenizer_pad_token"] = token_pair(tokens->pad);
  json["tokenizer_eos_token"] = token_pair(tokens->eos);
  json["tokenizer_bos_token"] = token_pair(tokens->bos);
  json["eot_token_id"] = tokens->eos ? Json(tokens->eos->id) : Json(nullptr);
  const auto asked = plan::cell_settings_from(record.settings).engine.max_model_len;
  json["max_length"] = asked ? Json(*asked) : value_or_null(record::model_facts(record).context_train);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json hash_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(base::sha256(text));
}

void add_conversation(const Record& record, Json& json) {
  const auto accuracy = plan::cell_settings_from(record.settings).accuracy.value_or(plan::AccuracySettings{});
  const bool is_chat = accuracy.apply_chat_template;
  const std::string chat_template = is_chat ? record::engine_facts(record).chat_template.value_or("") : "";
  json["system_instruction"] = text_or_null(accuracy.system_instruction);
  json["system_instruction_sha"] = hash_or_null(accuracy.system_instruction);
  json["fewshot_as_multiturn"] = is_chat ? Json(accuracy.fewshot_as_multiturn) : Json(nullptr);
  json["chat_template"] = text_or_null(chat_template);
  json["chat_template_sha"] = hash_or_null(chat_template);
}

// Null when a time stamp cannot be read.
Json first_start(const std::vector<const Record*>& records) {
  Json first = nullptr;
  for (const Record* record : records) {
    const auto start = base::utc_seconds(record->started_at);
    if (start && (first.is_null() || static_cast<double>(*start) < first.get<double>()))
      first = static_cast<double>(*start);
  }
  return first;
}

Json total_seconds(const std::vector<const Record*>& records) {
  double total = 0.0;
  for (const Record* record : records) {
    const auto start = base::utc_seconds(record->started_at);
    const auto end = base::utc_seconds(record->finished_at);
    if (!start || !end) return nullptr;
    total += static_cast<double>(*end - *start);
  }
  return python_float(total);
}

// What lm-eval writes of a run beside the scores. `records`, at least one, are those that are written; where
// one value stands for all, it is that of the record finished last.
void add_run(const analyze::Configuration& configuration, const std::vector<const Record*>& records,
             const KeptFiles& files, const std::map<std::string, std::string>& task_hashes, Json& json) {
  const Record& newest = **std::ranges::max_element(records, {}, &Record::finished_at);
  const std::string name = model_name(configuration);
  if (const Json* file = files.of(newest)) {
    add_kept_run(*file, json);
    json["task_hashes"] = task_hashes;
    json["model_name"] = name;
    json["model_name_sanitized"] = sanitized(name);
    return;
  }
  json["config"] = run_config(name, newest);
  json["git_hash"] = nullptr;
  json["date"] = first_start(records);
  json["pretty_env_info"] = environment(newest);
  json["transformers_version"] = "N/A";
  json["lm_eval_version"] = kLmEvalVersion;
  json["upper_git_hash"] = nullptr;
  add_tokenizer(newest, json);
  json["task_hashes"] = task_hashes;
  json["model_source"] = "bantam";
  json["model_name"] = name;
  json["model_name_sanitized"] = sanitized(name);
  add_conversation(newest, json);
  json["total_evaluation_time_seconds"] = total_seconds(records);
}

// What lm-eval does not have: counts of items, and (by their ending) the named averages of groups.
bool is_ours_alone(const std::string& key) {
  const std::string_view name = metric::base_name(key);
  const metric::Metric* known = metric::find_metric(name);
  return (known != nullptr && known->group == metric::MetricGroup::generation) || name.ends_with("_micro") ||
         name.ends_with("_macro");
}

bool has_error_in_lm_eval(const std::string& name) {
  const metric::TaskMetric* known = metric::find_task_metric(name);
  return known == nullptr || !known->without_error_in_lm_eval;
}

using Scores = std::map<std::string, record::Value>;  // by metric key

// "acc,none" and "acc_stderr,none" of "acc". `filter`: of a task's only one, which its keys do not name.
// Gives the keys of the values.
std::vector<std::string> add_scores(const Scores& scores, const std::string& filter, Json& result) {
  std::vector<std::string> keys;
  for (const auto& [key, score] : scores) {
    if (is_ours_alone(key)) continue;
    const std::string name(metric::base_name(key));
    const std::string own = key.size() > name.size() ? key.substr(name.size() + 1) : filter;
    const bool has_error = score.std_error && has_error_in_lm_eval(name);
    keys.push_back(name + "," + own);
    result[keys.back()] = score.value;
    result[name + "_stderr," + own] = has_error ? Json(*score.std_error) : Json("N/A");
  }
  return keys;
}

std::string only_filter(const record::TaskFacts& facts) {
  return facts.filters.size() == 1 ? facts.filters[0] : "none";
}

// What the task file says of each metric, else what the catalogue knows; null when neither does.
Json metric_directions(const record::TaskFacts& facts) {
  Json directions = Json::object();
  for (const std::string& name : facts.metrics) {
    const metric::Metric* entry = metric::find_metric(name);
    const bool is_known = entry != nullptr && entry->direction != metric::Direction::neutral;
    directions[name] =
        is_known ? Json(entry->direction == metric::Direction::higher_is_better) : Json(nullptr);
    for (const Json& asked : base::child_at(facts.config, "metric_list")) {
      const auto better = base::bool_at(asked, "higher_is_better");
      if (better && base::string_at(asked, "metric") == name) directions[name] = *better;
    }
  }
  return directions;
}

void add_task(const Leaf& leaf, const KeptFiles& files, Json& json, Tables& tables) {
  const record::TaskFacts& facts = leaf.facts;
  if (const Json* file = files.of(*leaf.record)) {
    tables.configs[facts.name] = facts.config;
    return add_kept(*file, facts.name, json, tables);
  }
  const auto scored = leaf.record->subtasks.find(facts.name);
  const auto& metrics = scored == leaf.record->subtasks.end() ? leaf.record->metrics : scored->second;
  Json& result = json["results"][facts.name];
  result = {{"name", facts.name},
            {"alias", base::string_at(facts.config, "task_alias").value_or(facts.name)},
            {"sample_len", facts.items}};
  add_scores(metrics, only_filter(facts), result);
  tables.configs[facts.name] = task_config(leaf);
  tables.versions[facts.name] = facts.version.value_or("Yaml");
  tables.shots[facts.name] = shots(leaf);
  tables.directions[facts.name] = metric_directions(facts);
  json["n-samples"][facts.name] = {{"original", facts.rows.value_or(facts.items)},
                                   {"effective", facts.items}};
}

// What the parts of a group agree upon: their number of examples, and each metric's direction (null where
// they differ).
void add_common(const record::GroupFacts& group, Tables& tables) {
  std::vector<Json> shots;
  Json directions = Json::object();
  for (const std::string& part : group.parts) {
    if (const auto found = tables.shots.find(part); found != tables.shots.end())
      shots.push_back(found->second);
    const auto own = tables.directions.find(part);
    if (own == tables.directions.end()) continue;
    for (const auto& [metric, better] : own->second.items()) {
      if (!directions.contains(metric))
        directions[metric] = better;
      else if (directions[metric] != better)
        directions[metric] = nullptr;
    }
  }
  if (!shots.empty() && std::ranges::count(shots, shots.front()) == std::ssize(shots))
    tables.shots[group.name] = shots.front();
  if (!directions.empty()) tables.directions[group.name] = std::move(directions);
}

// The groups that the records unfolded, each once, inner ones before those that hold them.
class Groups {
 public:
  Groups(const std::vector<const Record*>& records, const std::vector<Leaf>& leaves, const KeptFiles& files)
      : leaves_(leaves) {
    for (const Record* record : records) {
      std::vector<GroupFacts> groups = record::groups(*record);
      if (groups.empty()) continue;
      groups.front().metrics = record->metrics;
      for (GroupFacts& group : groups | std::views::reverse) {
        if (std::ranges::find(groups_, group.name, &GroupFacts::name) != groups_.end()) continue;
        if (const Json* file = files.of(*record)) kept_[group.name] = file;
        groups_.push_back(std::move(group));
      }
    }
  }

  void write(Json& json, Tables& tables) const {
    for (const GroupFacts& group : groups_) {
      if (const auto kept = kept_.find(group.name); kept != kept_.end()) {
        add_kept(*kept->second, group.name, json, tables);
        continue;
      }
      Json result = entry(group);
      if (result.contains("sample_len")) json["groups"][group.name] = result;
      json["results"][group.name] = std::move(result);
      json["group_subtasks"][group.name] = group.parts;
      tables.versions[group.name] = group.version.value_or("N/A");
      add_common(group, tables);
    }
  }

 private:
  // The tasks below a group, those of groups within it included.
  void collect(const GroupFacts& group, std::vector<const Leaf*>& below) const {
    for (const std::string& part : group.parts) {
      const auto leaf =
          std::ranges::find_if(leaves_, [&part](const Leaf& one) { return one.facts.name == part; });
      const auto inner = std::ranges::find(groups_, part, &GroupFacts::name);
      if (inner != groups_.end() && &*inner != &group)
        collect(*inner, below);
      else if (leaf != leaves_.end() && std::ranges::find(below, &*leaf) == below.end())
        below.push_back(&*leaf);
    }
  }

  // A group without a score of its own has its names only.
  Json entry(const GroupFacts& group) const {
    Json result{{"alias", group.alias}, {"name", group.name}};
    std::vector<const Leaf*> below;
    collect(group, below);
    Json scores = Json::object();
    const std::string filter = below.empty() ? "none" : only_filter(below.front()->facts);
    const std::vector<std::string> keys = add_scores(group.metrics, filter, scores);
    if (keys.empty()) return result;
    std::int64_t items = 0;
    for (const Leaf* leaf : below) items += leaf->facts.items;
    result["sample_len"] = items;
    result.update(scores);
    for (const std::string& key : keys) result["sample_count"][key] = items;
    return result;
  }

  const std::vector<Leaf>& leaves_;
  std::vector<GroupFacts> groups_;
  std::map<std::string, const Json*> kept_;  // by group: the file that it was read from
};

}  // namespace

std::string newest_date(const analyze::Configuration& configuration) {
  std::string newest;
  for (const Record* record : exportable_records(configuration))
    newest = std::max(newest, record->finished_at);
  return file_date(newest);
}

Json results_json(const analyze::Configuration& configuration,
                  const std::map<std::string, std::string>& task_hashes) {
  const std::vector<const Record*> records = exportable_records(configuration);
  const std::vector<Leaf> leaves = leaf_tasks(configuration);
  Json json{{"results", Json::object()},   {"groups", Json::object()},   {"group_subtasks", Json::object()},
            {"configs", nullptr},          {"versions", nullptr},        {"n-shot", nullptr},
            {"higher_is_better", nullptr}, {"n-samples", Json::object()}};
  Tables tables;
  const KeptFiles files(records);
  for (const Leaf& leaf : leaves) add_task(leaf, files, json, tables);
  Groups(records, leaves, files).write(json, tables);
  if (json["groups"].empty()) json.erase("groups");
  json["configs"] = tables.configs;
  json["versions"] = tables.versions;
  json["n-shot"] = tables.shots;
  json["higher_is_better"] = tables.directions;
  if (!records.empty()) add_run(configuration, records, files, task_hashes, json);
  return json;
}

}  // namespace bantam::exchange
