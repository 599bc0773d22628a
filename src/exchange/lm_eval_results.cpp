#include "exchange/lm_eval_results.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hash.hpp"
#include "record/catalogue.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;
using record::Value;

constexpr std::string_view kLmEvalVersion = "0.4.13";

// What lm-eval does not have: counts, and (by their ending) the named averages of groups.
constexpr auto kOurOwn = std::to_array<std::string_view>(
    {"truncated", "answer_truncated", "incomplete", "empty", "unparsed"});
constexpr auto kWithoutError =
    std::to_array<std::string_view>({"word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score"});

std::string base_name(const std::string& key) {
  return key.substr(0, key.find(','));
}

bool is_ours_alone(const std::string& key) {
  const std::string name = base_name(key);
  return std::ranges::find(kOurOwn, name) != kOurOwn.end() || name.ends_with("_micro") ||
         name.ends_with("_macro");
}

void add_metric(const std::string& key, const Value& value, Json& result) {
  const std::string name = base_name(key);
  const std::string filter = key.size() > name.size() ? key.substr(name.size() + 1) : "none";
  result[name + "," + filter] = value.value;
  const bool has_error = value.std_error && std::ranges::find(kWithoutError, name) == kWithoutError.end();
  result[name + "_stderr," + filter] = has_error ? Json(*value.std_error) : Json("N/A");
}

// `filter`: of the task's only one, which its keys do not name.
Json metrics_of(const std::map<std::string, Value>& metrics, const std::string& filter, Json result) {
  for (const auto& [key, value] : metrics) {
    if (is_ours_alone(key)) continue;
    const bool is_named = key.find(',') != std::string::npos;
    add_metric(is_named ? key : key + "," + filter, value, result);
  }
  return result;
}

Json direction_of(const std::string& metric) {
  const record::Metric* entry = record::find_metric(metric);
  if (entry == nullptr || entry->direction == record::Direction::neutral) return nullptr;
  return entry->direction == record::Direction::higher_is_better;
}

std::string alias_of(const Json& config, const char* key, const std::string& name) {
  return base::string_at(config, key).value_or(name);
}

Json shots_of(const Record& record, const Json& facts) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  const bool fixed_zero = base::integer_at(base::child_at(facts, "config"), "num_fewshot") == 0;
  if (!fixed_zero && accuracy.contains("num_fewshot")) return accuracy["num_fewshot"];
  return base::integer_at(facts, "num_fewshot").value_or(0);
}

std::string only_filter(const Json& facts) {
  const Json& filters = base::child_at(facts, "filters");
  return filters.is_array() && filters.size() == 1 ? filters[0].get<std::string>() : "none";
}

void add_task(const Record& record, const Json& facts, Json& json) {
  const std::string name = base::string_at(facts, "name").value_or("");
  const Json& config = base::child_at(facts, "config");
  const auto leaf = record.subtasks.find(name);
  const auto& metrics = leaf == record.subtasks.end() ? record.metrics : leaf->second;
  const std::int64_t items = base::integer_at(facts, "items").value_or(0);
  Json head{{"name", name}, {"alias", alias_of(config, "task_alias", name)}, {"sample_len", items}};
  json["results"][name] = metrics_of(metrics, only_filter(facts), std::move(head));
  json["configs"][name] = config;
  json["versions"][name] = facts.contains("version") ? facts["version"] : Json(nullptr);
  json["n-shot"][name] = shots_of(record, facts);
  for (const auto& metric : base::child_at(facts, "metrics"))
    json["higher_is_better"][name][metric.get<std::string>()] = direction_of(metric.get<std::string>());
  json["n-samples"][name] = {{"original", base::integer_at(facts, "rows").value_or(items)},
                             {"effective", items}};
}

void add_group(const Record& record, Json& json) {
  if (record.subtasks.empty()) return;
  Json group{{"name", record.task}, {"alias", record.task}};
  std::int64_t items = 0;
  for (const Json& facts : base::child_at(record.task_info, "tasks")) {
    const std::string name = base::string_at(facts, "name").value_or("");
    json["group_subtasks"][record.task].push_back(name);
    json["n-shot"][record.task] = json["n-shot"][name];
    json["higher_is_better"][record.task].update(json["higher_is_better"][name]);
    items += base::integer_at(facts, "items").value_or(0);
    group["sample_len"] = items;
  }
  group = metrics_of(record.metrics, "none", std::move(group));
  json["results"][record.task] = group;
  json["groups"][record.task] = std::move(group);
  json["versions"][record.task] = nullptr;
}

Json config_of(const analyze::Configuration& configuration, const Record& record) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  const Json& seed = base::child_at(record.settings, "seed");
  Json config{{"model", "bantam"},
              {"model_args", "pretrained=" + model_name_of(configuration)},
              {"model_num_parameters", base::child_at(record.model_info, "parameters")},
              {"model_dtype", record.precision},
              {"model_revision", ""},
              {"model_sha", base::string_at(record.model_info, "sha256").value_or("")}};
  config["batch_size"] = base::child_at(accuracy, "batch_size");
  config["batch_sizes"] = Json::array();
  config["device"] = "cpu";
  config["use_cache"] = nullptr;
  config["limit"] = accuracy.contains("limit") ? accuracy["limit"] : Json(nullptr);
  config["bootstrap_iters"] = 100000;
  config["gen_kwargs"] = nullptr;
  for (const char* key : {"random_seed", "numpy_seed", "torch_seed"}) config[key] = nullptr;
  config["fewshot_seed"] = seed;
  return config;
}

void add_surroundings(const analyze::Configuration& configuration, const Record& record, Json& json) {
  const Json& accuracy = base::child_at(record.settings, "accuracy");
  const std::string name = model_name_of(configuration);
  const std::string system = base::string_at(accuracy, "system_instruction").value_or("");
  json["git_hash"] = nullptr;
  json["date"] = record.started_at;
  json["pretty_env_info"] = "bantam";
  json["transformers_version"] = nullptr;
  json["lm_eval_version"] = kLmEvalVersion;
  json["upper_git_hash"] = nullptr;
  for (const char* key :
       {"tokenizer_pad_token", "tokenizer_eos_token", "tokenizer_bos_token", "eot_token_id"})
    json[key] = nullptr;
  json["max_length"] = base::child_at(record.engine, "context_train");
  json["model_source"] = "bantam";
  json["model_name"] = name;
  json["model_name_sanitized"] = sanitized(name);
  json["system_instruction"] = system.empty() ? Json(nullptr) : Json(system);
  json["system_instruction_sha"] = system.empty() ? Json(nullptr) : Json(base::sha256(system));
  json["fewshot_as_multiturn"] = base::bool_at(accuracy, "apply_chat_template").value_or(false);
  json["chat_template"] = nullptr;
  json["chat_template_sha"] = nullptr;
  json["total_evaluation_time_seconds"] = nullptr;
}

const Record* newest_of(const analyze::Configuration& configuration) {
  const Record* newest = nullptr;
  for (const auto& [task, record] : configuration.cells) {
    if (is_exportable(record) && (newest == nullptr || newest->finished_at < record.finished_at))
      newest = &record;
  }
  return newest;
}

}  // namespace

bool is_exportable(const Record& record) {
  const Json& tasks = base::child_at(record.task_info, "tasks");
  return record.outcome == record::Outcome::ok && tasks.is_array() && !tasks.empty();
}

std::string date_of(const analyze::Configuration& configuration) {
  const Record* newest = newest_of(configuration);
  std::string date = newest == nullptr ? "" : newest->finished_at;
  std::ranges::replace(date, ':', '-');
  if (date.ends_with('Z')) date.pop_back();
  return date + ".000000";
}

std::string model_name_of(const analyze::Configuration& configuration) {
  return configuration.model + "/" + configuration.precision;
}

std::string sanitized(const std::string& model_name) {
  constexpr std::string_view kReplaced = "\"<>:/|\\?*[]";
  std::string name;
  bool in_run = false;
  for (const char c : model_name) {
    const bool is_replaced = kReplaced.find(c) != std::string_view::npos;
    if (!is_replaced) name += c;
    if (is_replaced && !in_run) name += "__";
    in_run = is_replaced;
  }
  return name;
}

Json results_of(const analyze::Configuration& configuration,
                const std::map<std::string, std::string>& task_hashes) {
  Json json{{"results", Json::object()},          {"groups", Json::object()},
            {"group_subtasks", Json::object()},   {"configs", Json::object()},
            {"versions", Json::object()},         {"n-shot", Json::object()},
            {"higher_is_better", Json::object()}, {"n-samples", Json::object()}};
  for (const auto& [task, record] : configuration.cells) {
    if (!is_exportable(record)) continue;
    for (const Json& facts : base::child_at(record.task_info, "tasks")) add_task(record, facts, json);
    add_group(record, json);
  }
  if (json["groups"].empty()) json.erase("groups");
  const Record* newest = newest_of(configuration);
  if (newest == nullptr) return json;
  json["config"] = config_of(configuration, *newest);
  add_surroundings(configuration, *newest, json);
  json["task_hashes"] = task_hashes;
  return json;
}

}  // namespace bantam::exchange
