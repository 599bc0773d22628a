#include "exchange/lm_eval_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "exchange/lm_eval_names.hpp"
#include "exchange/lm_eval_samples.hpp"

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

}  // namespace bantam::exchange
