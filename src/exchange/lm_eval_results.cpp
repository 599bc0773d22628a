#include "exchange/lm_eval_results.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/lm_eval_samples.hpp"
#include "exchange/lm_eval_task.hpp"
#include "metric/catalogue.hpp"
#include "metric/task_metric.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;

// The version whose form is written.
constexpr std::string_view kLmEvalVersion = "0.4.13";

std::string text_or(const Json& json, const char* key, std::string_view otherwise) {
  return base::string_at(json, key).value_or(std::string(otherwise));
}

// Where the layers were: the first device that is no CPU, unless none was given to it.
std::string device_of(const Record& record) {
  if (base::integer_at(record.engine, "gpu_layers") == 0) return "cpu";
  for (const Json& device : base::child_at(record.engine, "devices")) {
    if (base::string_at(device, "kind") != "cpu") return text_or(device, "name", "gpu");
  }
  return "cpu";
}

// The name, and the settings that scores depend on. No reference: a path or address is nobody else's concern.
Json model_args_of(const std::string& name, const Record& record) {
  Json args{{"pretrained", name}, {"precision", record.precision}};
  const Json& engine = base::child_at(record.settings, "engine");
  for (const char* key : {"cache_type_k", "cache_type_v", "flash_attn", "max_model_len"}) {
    if (engine.contains(key)) args[key] = engine[key];
  }
  return args;
}

Json config_of(const std::string& name, const Record& record) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  const auto limit = base::number_at(accuracy, "limit");
  const auto batch_size = base::integer_at(accuracy, "batch_size");
  Json config{{"model", "bantam"}, {"model_args", model_args_of(name, record)}};
  base::set_if(config, "model_num_parameters", base::integer_at(record.model_info, "parameters"));
  config["model_dtype"] = record.precision;
  config["model_revision"] = "";
  config["model_sha"] = text_or(record.model_info, "sha256", "");
  config["batch_size"] = batch_size ? Json(std::to_string(*batch_size)) : Json(nullptr);
  config["batch_sizes"] = Json::array();
  config["device"] = device_of(record);
  config["use_cache"] = nullptr;
  config["limit"] = limit ? Json(*limit) : Json(nullptr);
  config["bootstrap_iters"] = 100000;
  config["gen_kwargs"] = Json::object();
  for (const char* key : {"random_seed", "numpy_seed", "torch_seed"}) config[key] = nullptr;
  config["fewshot_seed"] = record.settings.contains("seed") ? record.settings["seed"] : Json(nullptr);
  return config;
}

std::string environment_of(const Record& record) {
  const Json& system = base::child_at(record.device, "system");
  std::string text = "bantam";
  const auto add = [&text](std::string_view what, const std::optional<std::string>& value) {
    if (value) text += fmt::format("\n{}: {}", what, *value);
  };
  add("Engine", base::string_at(record.engine, "identity"));
  add("OS", base::string_at(system, "os"));
  add("Kernel", base::string_at(system, "kernel"));
  add("Libc version", base::string_at(system, "libc"));
  add("CPU", base::string_at(base::child_at(record.device, "cpu"), "model"));
  return text;
}

// lm-eval's pair of a token's text and number; [null, "None"] when the model has none.
Json token_pair(const Json& tokens, const char* name) {
  const Json& token = base::child_at(tokens, name);
  const auto id = base::integer_at(token, "id");
  if (!id) return Json::array({nullptr, "None"});
  return Json::array({text_or(token, "text", ""), std::to_string(*id)});
}

void add_tokenizer(const Record& record, Json& json) {
  if (!record.engine.contains("special_tokens")) return;
  const Json& tokens = record.engine["special_tokens"];
  for (const char* name : {"pad", "eos", "bos"})
    json[fmt::format("tokenizer_{}_token", name)] = token_pair(tokens, name);
  const auto eos = base::integer_at(base::child_at(tokens, "eos"), "id");
  json["eot_token_id"] = eos ? Json(*eos) : Json(nullptr);
  const auto asked = base::integer_at(base::child_at(record.settings, "engine"), "max_model_len");
  const auto trained = base::integer_at(record.model_info, "context_train");
  json["max_length"] = asked ? Json(*asked) : trained ? Json(*trained) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json hash_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(base::sha256(text));
}

void add_conversation(const Record& record, Json& json) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  const bool is_chat = base::bool_at(accuracy, "apply_chat_template").value_or(false);
  const std::string system = text_or(accuracy, "system_instruction", "");
  const std::string chat_template = is_chat ? text_or(record.engine, "chat_template", "") : "";
  json["system_instruction"] = text_or_null(system);
  json["system_instruction_sha"] = hash_or_null(system);
  json["fewshot_as_multiturn"] =
      is_chat ? Json(base::bool_at(accuracy, "fewshot_as_multiturn").value_or(true)) : Json(nullptr);
  json["chat_template"] = text_or_null(chat_template);
  json["chat_template_sha"] = hash_or_null(chat_template);
}

// Null when a time stamp cannot be read.
Json date_of_start(const std::vector<const Record*>& records) {
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

}  // namespace

void add_run(const analyze::Configuration& configuration, const std::vector<const Record*>& records,
             const std::map<std::string, std::string>& task_hashes, Json& json) {
  const Record& newest = **std::ranges::max_element(records, {}, &Record::finished_at);
  const std::string name = model_name_of(configuration);
  json["config"] = config_of(name, newest);
  json["git_hash"] = nullptr;
  json["date"] = date_of_start(records);
  json["pretty_env_info"] = environment_of(newest);
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

namespace {

using base::Json;
using record::Record;

std::string base_name(const std::string& key) {
  return key.substr(0, key.find(','));
}

// What lm-eval does not have: counts of items, and (by their ending) the named averages of groups.
bool is_ours_alone(const std::string& key) {
  const std::string name = base_name(key);
  const metric::Metric* known = metric::find_metric(name);
  return (known != nullptr && known->group == metric::MetricGroup::generation) || name.ends_with("_micro") ||
         name.ends_with("_macro");
}

bool has_error_in_lm_eval(const std::string& name) {
  const metric::TaskMetric* known = metric::find_task_metric(name);
  return known == nullptr || !known->without_error_in_lm_eval;
}

struct Score {
  double value = 0.0;
  std::optional<double> std_error;
};
using Scores = std::map<std::string, Score>;  // by metric key

Scores scores_of(const std::map<std::string, record::Value>& metrics) {
  Scores scores;
  for (const auto& [key, value] : metrics) scores[key] = {value.value, value.std_error};
  return scores;
}

Scores scores_of(const Json& metrics) {
  Scores scores;
  for (const auto& [key, value] : metrics.items()) {
    if (const auto number = base::number_at(value, "value"))
      scores[key] = {*number, base::number_at(value, "stderr")};
  }
  return scores;
}

// "acc,none" and "acc_stderr,none" of "acc". `filter`: of a task's only one, which its keys do not name.
// Gives the keys of the values.
std::vector<std::string> add_scores(const Scores& scores, const std::string& filter, Json& result) {
  std::vector<std::string> keys;
  for (const auto& [key, score] : scores) {
    if (is_ours_alone(key)) continue;
    const std::string name = base_name(key);
    const std::string own = key.size() > name.size() ? key.substr(name.size() + 1) : filter;
    const bool has_error = score.std_error && has_error_in_lm_eval(name);
    keys.push_back(name + "," + own);
    result[keys.back()] = score.value;
    result[name + "_stderr," + own] = has_error ? Json(*score.std_error) : Json("N/A");
  }
  return keys;
}

std::string only_filter(const Json& facts) {
  const Json& filters = base::child_at(facts, "filters");
  return filters.is_array() && filters.size() == 1 ? filters[0].get<std::string>() : "none";
}

std::int64_t items_of(const Leaf& leaf) {
  return base::integer_at(*leaf.facts, "items").value_or(0);
}

// What the task file says of each metric, else what the catalogue knows; null when neither does.
Json directions_of(const Leaf& leaf) {
  Json directions = Json::object();
  for (const Json& metric : base::child_at(*leaf.facts, "metrics")) {
    const auto name = metric.get<std::string>();
    const metric::Metric* entry = metric::find_metric(name);
    const bool is_known = entry != nullptr && entry->direction != metric::Direction::neutral;
    directions[name] =
        is_known ? Json(entry->direction == metric::Direction::higher_is_better) : Json(nullptr);
    for (const Json& asked : base::child_at(base::child_at(*leaf.facts, "config"), "metric_list")) {
      const auto better = base::bool_at(asked, "higher_is_better");
      if (better && base::string_at(asked, "metric") == name) directions[name] = *better;
    }
  }
  return directions;
}

// The members of the results that have an entry for each task and group, sorted by name as lm-eval does.
struct Tables {
  std::map<std::string, Json> configs, versions, shots, directions;
};

void add_task(const Leaf& leaf, Json& json, Tables& tables) {
  const Json& config = base::child_at(*leaf.facts, "config");
  const auto scored = leaf.record->subtasks.find(leaf.name);
  const auto& metrics = scored == leaf.record->subtasks.end() ? leaf.record->metrics : scored->second;
  const std::int64_t items = items_of(leaf);
  Json& result = json["results"][leaf.name];
  result = {{"name", leaf.name},
            {"alias", base::string_at(config, "task_alias").value_or(leaf.name)},
            {"sample_len", items}};
  add_scores(scores_of(metrics), only_filter(*leaf.facts), result);
  tables.configs[leaf.name] = task_config_of(leaf);
  tables.versions[leaf.name] = leaf.facts->contains("version") ? (*leaf.facts)["version"] : Json("Yaml");
  tables.shots[leaf.name] = shots_of(leaf);
  tables.directions[leaf.name] = directions_of(leaf);
  json["n-samples"][leaf.name] = {{"original", base::integer_at(*leaf.facts, "rows").value_or(items)},
                                  {"effective", items}};
}

// What the parts of a group agree upon: their number of examples, and each metric's direction (null where
// they differ).
void add_common(const std::string& name, const Json& parts, Tables& tables) {
  std::vector<Json> shots;
  Json directions = Json::object();
  for (const Json& part : parts) {
    const auto part_name = part.get<std::string>();
    if (const auto found = tables.shots.find(part_name); found != tables.shots.end())
      shots.push_back(found->second);
    const auto own = tables.directions.find(part_name);
    if (own == tables.directions.end()) continue;
    for (const auto& [metric, better] : own->second.items()) {
      if (!directions.contains(metric))
        directions[metric] = better;
      else if (directions[metric] != better)
        directions[metric] = nullptr;
    }
  }
  if (!shots.empty() && std::ranges::count(shots, shots.front()) == std::ssize(shots))
    tables.shots[name] = shots.front();
  if (!directions.empty()) tables.directions[name] = std::move(directions);
}

// The groups that the records unfolded, each once, inner ones before those that hold them.
class Groups {
 public:
  Groups(const std::vector<const Record*>& records, const std::vector<Leaf>& leaves) : leaves_(leaves) {
    for (const Record* record : records) {
      const Json& groups = base::child_at(record->task_info, "groups");
      for (auto group = groups.rbegin(); group != groups.rend(); ++group)
        add(*record, *group, &*group == &groups.front());
    }
  }

  void write(Json& json, Tables& tables) const {
    for (const One& group : groups_) {
      Json result = result_of(group);
      if (result.contains("sample_len")) json["groups"][group.name] = result;
      json["results"][group.name] = std::move(result);
      json["group_subtasks"][group.name] = base::child_at(*group.facts, "parts");
      tables.versions[group.name] = base::string_at(*group.facts, "version").value_or("N/A");
      add_common(group.name, base::child_at(*group.facts, "parts"), tables);
    }
  }

 private:
  struct One {
    std::string name;
    const Json* facts = nullptr;
    Scores scores;
  };

  void add(const Record& record, const Json& facts, bool is_outermost) {
    One group{base::string_at(facts, "name").value_or(""), &facts,
              is_outermost ? scores_of(record.metrics) : scores_of(base::child_at(facts, "metrics"))};
    if (std::ranges::find(groups_, group.name, &One::name) == groups_.end())
      groups_.push_back(std::move(group));
  }

  // The tasks below a group, those of groups within it included.
  void collect(const Json& facts, std::vector<const Leaf*>& below) const {
    for (const Json& part : base::child_at(facts, "parts")) {
      const auto name = part.get<std::string>();
      const auto leaf = std::ranges::find(leaves_, name, &Leaf::name);
      const auto inner = std::ranges::find(groups_, name, &One::name);
      if (inner != groups_.end() && inner->facts != &facts)
        collect(*inner->facts, below);
      else if (leaf != leaves_.end() && std::ranges::find(below, &*leaf) == below.end())
        below.push_back(&*leaf);
    }
  }

  // A group without a score of its own has its names only.
  Json result_of(const One& group) const {
    Json result{{"alias", base::string_at(*group.facts, "alias").value_or(group.name)}, {"name", group.name}};
    std::vector<const Leaf*> below;
    collect(*group.facts, below);
    Json scores = Json::object();
    const std::string filter = below.empty() ? "none" : only_filter(*below.front()->facts);
    const std::vector<std::string> keys = add_scores(group.scores, filter, scores);
    if (keys.empty()) return result;
    std::int64_t items = 0;
    for (const Leaf* leaf : below) items += items_of(*leaf);
    result["sample_len"] = items;
    result.update(scores);
    for (const std::string& key : keys) result["sample_count"][key] = items;
    return result;
  }

  const std::vector<Leaf>& leaves_;
  std::vector<One> groups_;
};

}  // namespace

std::string date_of(const analyze::Configuration& configuration) {
  std::string newest;
  for (const Record* record : exportable_records(configuration))
    newest = std::max(newest, record->finished_at);
  return file_date(newest);
}

Json results_of(const analyze::Configuration& configuration,
                const std::map<std::string, std::string>& task_hashes) {
  const std::vector<const Record*> records = exportable_records(configuration);
  const std::vector<Leaf> leaves = leaves_of(configuration);
  Json json{{"results", Json::object()},   {"groups", Json::object()},   {"group_subtasks", Json::object()},
            {"configs", nullptr},          {"versions", nullptr},        {"n-shot", nullptr},
            {"higher_is_better", nullptr}, {"n-samples", Json::object()}};
  Tables tables;
  for (const Leaf& leaf : leaves) add_task(leaf, json, tables);
  Groups(records, leaves).write(json, tables);
  if (json["groups"].empty()) json.erase("groups");
  json["configs"] = tables.configs;
  json["versions"] = tables.versions;
  json["n-shot"] = tables.shots;
  json["higher_is_better"] = tables.directions;
  if (!records.empty()) add_run(configuration, records, task_hashes, json);
  return json;
}

}  // namespace bantam::exchange
