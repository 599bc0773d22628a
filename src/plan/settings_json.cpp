// Settings as JSON and back (plan/plan.hpp).

#include "plan/plan.hpp"

namespace bantam::plan {
namespace {

using base::Json;

template <typename T>
void write(Json& json, const char* key, const T& value) {
  json[key] = value;
}

template <typename T>
void write(Json& json, const char* key, const std::optional<T>& value) {
  base::set_if(json, key, value);
}

void write(Json& json, const char* key, const std::filesystem::path& value) {
  json[key] = value.string();
}
void read(const Json& json, const char* key, std::filesystem::path& value) {
  if (auto text = base::string_at(json, key)) value = *std::move(text);
}
void read(const Json& json, const char* key, int& value) {
  if (const auto number = base::integer_at(json, key)) value = static_cast<int>(*number);
}
void read(const Json& json, const char* key, double& value) {
  value = base::number_at(json, key).value_or(value);
}
void read(const Json& json, const char* key, bool& value) {
  value = base::bool_at(json, key).value_or(value);
}
void read(const Json& json, const char* key, std::string& value) {
  if (auto text = base::string_at(json, key)) value = *std::move(text);
}
void read(const Json& json, const char* key, std::vector<std::string>& values) {
  values.clear();
  for (const Json& value : base::child_at(json, key)) {
    if (value.is_string()) values.push_back(value.get<std::string>());
  }
}
template <typename T>
void read(const Json& json, const char* key, std::optional<T>& value) {
  if (!json.contains(key)) return;
  T present{};
  read(json, key, present);
  value = present;
}

// One list of members serves both directions: visit(key, member).
template <typename Settings, typename Visit>
void each_server(Settings& s, Visit visit) {
  visit("server", s.server);
  visit("server_api", s.server_api);
}

// Those that a program of its own is told.
template <typename Settings, typename Visit>
void each_of_program(Settings& s, Visit visit) {
  visit("program", s.program);
  visit("threads", s.threads);
  visit("max_model_len", s.max_model_len);
}

template <typename Settings, typename Visit>
void each_engine(Settings& s, Visit visit) {
  visit("threads", s.threads);
  visit("cache_type_k", s.cache_type_k);
  visit("cache_type_v", s.cache_type_v);
  visit("flash_attn", s.flash_attn);
  visit("n_batch", s.n_batch);
  visit("n_ubatch", s.n_ubatch);
  visit("n_gpu_layers", s.n_gpu_layers);
  visit("gpu_index", s.gpu_index);
  visit("repack", s.repack);
  visit("max_model_len", s.max_model_len);
  visit("draft", s.draft);
  visit("draft_tokens", s.draft_tokens);
  visit("rpc", s.rpc);
  visit("program", s.program);
  each_server(s, visit);
}

template <typename Settings, typename Visit>
void each_performance(Settings& s, Visit visit) {
  visit("prompt", s.prompt);
  visit("num_warmup", s.num_warmup);
  visit("num_runs", s.num_runs);
  visit("rounds", s.rounds);
  visit("target_interval", s.target_interval);
  visit("max_seconds", s.max_seconds);
  visit("time_budget", s.time_budget_s);
  visit("max_disturbance", s.max_disturbance);
  visit("max_drift", s.max_drift);
  visit("wait_quiet", s.wait_quiet_s);
  visit("start_temperature", s.start_temperature_c);
  visit("cool_timeout", s.cool_timeout_s);
  visit("gates", s.gates);
  visit("batch_size", s.batch_size);
  visit("max_new_tokens", s.max_new_tokens);
  visit("ignore_eos", s.ignore_eos);
  visit("n_prompt", s.n_prompt);
  visit("n_gen", s.n_gen);
  visit("n_depth", s.n_depth);
  visit("scenarios", s.scenarios);
  visit("prompt_tokens", s.prompt_tokens);
  visit("request_rate", s.request_rate);
  visit("max_ttft", s.max_ttft_s);
  visit("max_tpot", s.max_tpot_s);
  visit("sustained", s.sustained_s);
  visit("min_memory", s.min_memory);
}

template <typename Settings, typename Visit>
void each_energy(Settings& s, Visit visit) {
  visit("sample_runs", s.sample_runs);
  visit("seconds", s.seconds);
  visit("idle", s.idle_s);
  visit("source", s.source);
  visit("sample_rate", s.sample_rate_hz);
  visit("meter", s.meter);
  visit("meter_field", s.meter_field);
  visit("meter_baud", s.meter_baud);
  visit("tdp", s.tdp_w);
  visit("sysfs_root", s.sysfs_root);
  visit("carbon_intensity", s.carbon_g_per_kwh);
  visit("battery_wh", s.battery_wh);
}

template <typename Settings, typename Visit>
void each_accuracy(Settings& s, Visit visit) {
  visit("limit", s.limit);
  visit("until_decided_points", s.until_decided_points);
  visit("num_fewshot", s.num_fewshot);
  visit("fewshot_without_leaks", s.fewshot_without_leaks);
  visit("batch_size", s.batch_size);
  visit("kv_cells", s.kv_cells);
  visit("own_kernels", s.own_kernels);
  visit("apply_chat_template", s.apply_chat_template);
  visit("chat_template", s.chat_template);
  visit("chat_template_kwargs", s.chat_template_kwargs);
  visit("fewshot_as_multiturn", s.fewshot_as_multiturn);
  visit("system_instruction", s.system_instruction);
  visit("think_end_token", s.think_end_token);
}

template <typename Settings, typename Visit>
void each_calibration(Settings& s, Visit visit) {
  visit("dataset", s.dataset);
  visit("num_samples", s.num_samples);
  visit("max_sequence_length", s.max_sequence_length);
}

template <typename Settings, typename Visit>
void each_fidelity(Settings& s, Visit visit) {
  visit("text", s.text);
  visit("context", s.context);
  visit("chunks", s.chunks);
}

template <typename Settings, typename Visit>
void each_similarity(Settings& s, Visit visit) {
  visit("prompts", s.prompts);
  visit("embedding_model", s.embedding_model);
  visit("max_new_tokens", s.max_new_tokens);
  visit("base", s.base);
}

constexpr const char* kEmbeddingModelSha256 = "embedding_model_sha256";

}  // namespace

Json to_json(const EngineSettings& settings) {
  Json json = Json::object();
  const auto put = [&json](const char* key, const auto& member) { write(json, key, member); };
  if (settings.server) {
    each_server(settings, put);  // it has the others, and does not tell them
  } else if (settings.program) {
    each_of_program(settings, put);
  } else {
    each_engine(settings, put);
  }
  return json;
}

Json to_json(const PerformanceSettings& settings) {
  Json json = Json::object();
  each_performance(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

Json to_json(const EnergySettings& settings) {
  Json json = Json::object();
  each_energy(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

Json to_json(const AccuracySettings& settings) {
  Json json = Json::object();
  each_accuracy(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

Json to_json(const CalibrationSettings& settings) {
  Json json = Json::object();
  each_calibration(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

EngineSettings engine_settings_from(const Json& json) {
  EngineSettings settings;
  each_engine(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

PerformanceSettings performance_settings_from(const Json& json) {
  PerformanceSettings settings;
  each_performance(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

EnergySettings energy_settings_from(const Json& json) {
  EnergySettings settings;
  each_energy(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

AccuracySettings accuracy_settings_from(const Json& json) {
  AccuracySettings settings;
  each_accuracy(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

CalibrationSettings calibration_settings_from(const Json& json) {
  CalibrationSettings settings;
  each_calibration(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

Json to_json(const FidelitySettings& settings) {
  Json json = Json::object();
  each_fidelity(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

Json to_json(const SimilaritySettings& settings) {
  Json json = Json::object();
  each_similarity(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

FidelitySettings fidelity_settings_from(const Json& json) {
  FidelitySettings settings;
  each_fidelity(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

SimilaritySettings similarity_settings_from(const Json& json) {
  SimilaritySettings settings;
  each_similarity(settings, [&json](const char* key, auto& member) { read(json, key, member); });
  return settings;
}

Json to_json(const CellSettings& settings) {
  Json json{{"engine", to_json(settings.engine)}};
  base::set_if(json, "lora_mode", settings.lora_mode);
  if (settings.performance) json["performance"] = to_json(*settings.performance);
  if (settings.energy) json["energy"] = to_json(*settings.energy);
  if (settings.fidelity) json["fidelity"] = to_json(*settings.fidelity);
  if (settings.similarity) json["similarity"] = to_json(*settings.similarity);
  if (settings.accuracy) {
    Json& section = json["accuracy"] = to_json(*settings.accuracy);
    base::set_if(section, kEmbeddingModelSha256, settings.embedding_model_sha256);
  }
  base::set_if(json, "seed", settings.seed);
  base::set_if(json, "base_precision", settings.base_precision);
  return json;
}

namespace {

// Null when the settings of a cell have no such section.
const Json* section_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found == json.end() ? nullptr : &*found;
}

}  // namespace

CellSettings cell_settings_from(const Json& json) {
  CellSettings settings;
  settings.engine = engine_settings_from(base::child_at(json, "engine"));
  settings.lora_mode = base::string_at(json, "lora_mode");
  if (const Json* section = section_at(json, "performance"))
    settings.performance = performance_settings_from(*section);
  if (const Json* section = section_at(json, "energy")) settings.energy = energy_settings_from(*section);
  if (const Json* section = section_at(json, "fidelity"))
    settings.fidelity = fidelity_settings_from(*section);
  if (const Json* section = section_at(json, "similarity"))
    settings.similarity = similarity_settings_from(*section);
  if (const Json* section = section_at(json, "accuracy")) {
    settings.accuracy = accuracy_settings_from(*section);
    settings.embedding_model_sha256 = base::string_at(*section, kEmbeddingModelSha256);
  }
  if (const auto seed = base::integer_at(json, "seed")) settings.seed = static_cast<std::uint64_t>(*seed);
  settings.base_precision = base::string_at(json, "base_precision");
  return settings;
}

}  // namespace bantam::plan
