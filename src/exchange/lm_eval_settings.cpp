#include "exchange/lm_eval_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace bantam::exchange {
namespace {

using base::Json;

// What bantam's own exports tell of the engine that scores depend on.
constexpr std::array kEngineKeys{"cache_type_k", "cache_type_v", "flash_attn", "max_model_len"};

Json engine_settings(const Json& results) {
  Json engine = Json::object();
  if (base::string_at(results, "model_source") != "bantam") return engine;
  const Json& arguments = base::child_at(base::child_at(results, "config"), "model_args");
  for (const char* key : kEngineKeys) {
    if (const Json& value = base::child_at(arguments, key); value.is_primitive() && !value.is_null())
      engine[key] = value;
  }
  return engine;
}

Json accuracy_settings(const Json& results, const std::vector<record::TaskFacts>& tasks) {
  const Json& config = base::child_at(results, "config");
  Json accuracy = Json::object();
  if (const auto limit = base::number_at(config, "limit"); limit && *limit > 0.0) accuracy["limit"] = *limit;
  const auto shots = [](const record::TaskFacts& task) { return task.num_fewshot; };
  const bool is_one_number =
      !tasks.empty() && std::ranges::count(tasks, shots(tasks.front()), shots) == std::ssize(tasks);
  if (is_one_number) accuracy["num_fewshot"] = tasks.front().num_fewshot;
  Json& versions = accuracy["task_versions"] = Json::object();
  for (const record::TaskFacts& task : tasks) {
    Json& entry = versions[task.name] = {{"version", task.version.value_or(nullptr)}};
    if (!is_one_number) entry["num_fewshot"] = task.num_fewshot;
  }
  if (const auto size = base::integer_at(config, "batch_size")) accuracy["batch_size"] = *size;
  if (const auto text = base::string_at(config, "batch_size")) {
    if (const auto size = base::parse_integer(*text)) accuracy["batch_size"] = *size;
  }
  const bool is_chat = !base::string_at(results, "chat_template").value_or("").empty();
  accuracy["apply_chat_template"] = is_chat;
  if (is_chat)
    accuracy["fewshot_as_multiturn"] = base::bool_at(results, "fewshot_as_multiturn").value_or(false);
  accuracy["system_instruction"] = base::string_at(results, "system_instruction").value_or("");
  return accuracy;
}

}  // namespace

Json settings_of(const Json& results, const std::vector<record::TaskFacts>& tasks) {
  Json settings{{"engine", engine_settings(results)}, {"accuracy", accuracy_settings(results, tasks)}};
  if (const auto seed = base::integer_at(base::child_at(results, "config"), "fewshot_seed");
      seed && *seed >= 0)
    settings["seed"] = *seed;
  return settings;
}

Json engine_of(const Json& results) {
  const std::string library = base::string_at(base::child_at(results, "config"), "model").value_or("");
  const std::string version = base::string_at(results, "lm_eval_version").value_or("");
  return {{"name", library.empty() ? "lm-eval" : library},
          {"identity", fmt::format("{}lm-eval {}", library.empty() ? "" : library + " in ", version)}};
}

Json model_info_of(const Json& results) {
  Json info = Json::object();
  const auto parameters = base::integer_at(base::child_at(results, "config"), "model_num_parameters");
  if (parameters && *parameters > 0) info["parameters"] = *parameters;
  return info;
}

}  // namespace bantam::exchange
