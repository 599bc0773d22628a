#include "exchange/lm_eval_task.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "analyze/scored_items.hpp"
#include "metric/catalogue.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using record::Record;

// Members of lm-eval's TaskConfig in its order; what a task file gives beyond them comes behind.
constexpr auto kMembers = std::to_array<std::string_view>({"task",
                                                           "task_alias",
                                                           "tag",
                                                           "dataset_path",
                                                           "dataset_name",
                                                           "dataset_kwargs",
                                                           "training_split",
                                                           "validation_split",
                                                           "test_split",
                                                           "fewshot_split",
                                                           "process_docs",
                                                           "doc_to_text",
                                                           "doc_to_target",
                                                           "unsafe_code",
                                                           "doc_to_choice",
                                                           "process_results",
                                                           "description",
                                                           "target_delimiter",
                                                           "fewshot_delimiter",
                                                           "fewshot_config",
                                                           "num_fewshot",
                                                           "metric_list",
                                                           "output_type",
                                                           "generation_kwargs",
                                                           "repeats",
                                                           "filter_list",
                                                           "should_decontaminate",
                                                           "gen_prefix",
                                                           "metadata"});
constexpr auto kCredentials =
    std::to_array<std::string_view>({"token", "use_auth_token", "storage_options", "download_config"});

// {"!function": NAME} as the text "!function NAME", at any depth.
Json with_named_functions(const Json& json) {
  if (const auto name = base::string_at(json, "!function")) return "!function " + *name;
  if (!json.is_structured()) return json;
  Json copy = json;
  for (Json& member : copy) member = with_named_functions(member);
  return copy;
}

Json member_or_null(const Json& config, std::string_view key) {
  const auto found = config.find(key);
  return found == config.end() ? Json(nullptr) : *found;
}

// The few-shot settings, which default to the task's own.
Json fewshot_config(const Json& config) {
  const Json own = base::child_at(config, "fewshot_config");
  const auto text = [&](const char* key) {
    return own.contains(key) ? own[key] : member_or_null(config, key);
  };
  Json all{{"sampler", base::string_at(own, "sampler").value_or("default")},
           {"split", own.contains("split") ? own["split"] : member_or_null(config, "fewshot_split")}};
  for (const char* key : {"process_docs", "fewshot_indices", "samples"}) all[key] = member_or_null(own, key);
  for (const char* key : {"doc_to_text", "doc_to_choice", "doc_to_target", "gen_prefix", "fewshot_delimiter",
                          "target_delimiter"}) {
    all[key] = text(key);
  }
  return all;
}

// For a task file without the list.
Json metric_list(const record::TaskFacts& facts) {
  Json list = Json::array();
  for (const std::string& name : facts.metrics) {
    Json entry{{"metric", name}};
    const metric::Metric* metric = metric::find_metric(name);
    if (metric != nullptr && metric->direction != metric::Direction::neutral)
      entry["higher_is_better"] = metric->direction == metric::Direction::higher_is_better;
    list.push_back(std::move(entry));
  }
  return list;
}

void set_default(Json& config, const char* key, Json value) {
  if (!config.contains(key) || config[key].is_null()) config[key] = std::move(value);
}

}  // namespace

bool is_exportable(const Record& record) {
  if (record.outcome != record::Outcome::ok || !record::has_tasks(record)) return false;
  const auto origin = record::imported(record);
  return !origin || origin->tool == kLmEvalTool;
}

std::vector<const Record*> exportable_records(const analyze::Configuration& configuration) {
  std::vector<const Record*> records;
  for (const auto& [task, record] : configuration.cells) {
    if (is_exportable(record)) records.push_back(&record);
  }
  return records;
}

std::vector<Leaf> leaf_tasks(const analyze::Configuration& configuration) {
  std::vector<Leaf> leaves;
  for (const Record* record : exportable_records(configuration)) {
    for (record::TaskFacts& facts : record::tasks(*record)) {
      const auto same =
          std::ranges::find(leaves, facts.name, [](const Leaf& leaf) { return leaf.facts.name; });
      if (same == leaves.end())
        leaves.push_back({record, std::move(facts)});
      else if (same->record->finished_at < record->finished_at)
        *same = {record, std::move(facts)};
    }
  }
  return leaves;
}

Json without_credentials(Json config) {
  if (config.contains("dataset_kwargs") && config["dataset_kwargs"].is_object()) {
    for (const std::string_view key : kCredentials) config["dataset_kwargs"].erase(std::string(key));
  }
  return config;
}

std::int64_t shots(const Leaf& leaf) {
  return analyze::shots(*leaf.record, leaf.facts);
}

Json task_config(const Leaf& leaf) {
  Json config = without_credentials(with_named_functions(leaf.facts.config));
  config["task"] = leaf.facts.name;
  set_default(config, "unsafe_code", false);
  set_default(config, "description", "");
  set_default(config, "target_delimiter", " ");
  set_default(config, "fewshot_delimiter", "\n\n");
  set_default(config, "repeats", 1);
  set_default(config, "should_decontaminate", false);
  set_default(config, "metric_list", metric_list(leaf.facts));
  set_default(config, "output_type", leaf.facts.output_type);
  base::set_if(config, "generation_kwargs", leaf.facts.generation);
  config["num_fewshot"] = shots(leaf);
  config["fewshot_config"] = fewshot_config(config);
  Json ordered = Json::object();
  for (const std::string_view key : kMembers) {
    if (Json value = member_or_null(config, key); !value.is_null())
      ordered[std::string(key)] = std::move(value);
  }
  for (const auto& [key, value] : config.items()) {
    if (!value.is_null() && !ordered.contains(key)) ordered[key] = value;
  }
  return ordered;
}

}  // namespace bantam::exchange
