#include "plan/plan.hpp"

namespace bantam::plan {

std::vector<Cell> unfold(const Plan& plan) {
  std::vector<Cell> cells;
  for (const ModelEntry& model : plan.models) {
    for (const std::string& precision : plan.precisions) {
      for (const record::CellKind kind : plan.kinds) {
        if (kind != record::CellKind::accuracy) {
          cells.push_back({model, precision, kind, std::string(record::name(kind))});
          continue;
        }
        for (const std::string& task : plan.accuracy_settings.tasks)
          cells.push_back({model, precision, kind, task});
      }
    }
  }
  return cells;
}

bool is_staged(const Plan& plan, record::CellKind kind) {
  return plan.accuracy_settings.until_decided_points && kind == record::CellKind::accuracy;
}

base::Json settings_of(const Plan& plan, const Cell& cell) {
  base::Json json = base::Json::object();
  json["engine"] = to_json(plan.engine);
  if (cell.model.reference.find(kAdapterMark) != std::string::npos) json["lora_mode"] = plan.lora_mode;
  switch (cell.kind) {
    case record::CellKind::performance:
    case record::CellKind::energy:
      json["performance"] = to_json(plan.performance_settings);
      break;
    case record::CellKind::fidelity:
      json["fidelity"] = to_json(plan.fidelity_settings);
      break;
    case record::CellKind::similarity:
      json["similarity"] = to_json(plan.similarity_settings);
      break;
    case record::CellKind::accuracy:
      json["accuracy"] = to_json(plan.accuracy_settings);
      json["seed"] = plan.seed;
      break;
  }
  if (record::row(cell.kind).compares_with_baseline || is_staged(plan, cell.kind))
    json["base_precision"] = plan.base_precision;
  return json;
}

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
template <typename T>
void read(const Json& json, const char* key, std::optional<T>& value) {
  if (!json.contains(key)) return;
  T present{};
  read(json, key, present);
  value = present;
}

// One list of members serves both directions: visit(key, member).
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
}

template <typename Settings, typename Visit>
void each_performance(Settings& s, Visit visit) {
  visit("prompt", s.prompt);
  visit("num_warmup", s.num_warmup);
  visit("num_runs", s.num_runs);
  visit("target_interval", s.target_interval);
  visit("max_seconds", s.max_seconds);
  visit("batch_size", s.batch_size);
  visit("max_new_tokens", s.max_new_tokens);
  visit("ignore_eos", s.ignore_eos);
  visit("n_prompt", s.n_prompt);
  visit("n_gen", s.n_gen);
}

template <typename Settings, typename Visit>
void each_accuracy(Settings& s, Visit visit) {
  visit("limit", s.limit);
  visit("until_decided_points", s.until_decided_points);
  visit("num_fewshot", s.num_fewshot);
  visit("batch_size", s.batch_size);
  visit("kv_cells", s.kv_cells);
  visit("own_kernels", s.own_kernels);
  visit("apply_chat_template", s.apply_chat_template);
  visit("chat_template", s.chat_template);
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

void write(Json& json, const char* key, const std::filesystem::path& value) {
  json[key] = value.string();
}
void read(const Json& json, const char* key, std::filesystem::path& value) {
  if (auto text = base::string_at(json, key)) value = *std::move(text);
}
void read(const Json& json, const char* key, std::vector<std::string>& values) {
  values.clear();
  for (const Json& value : base::child_at(json, key)) {
    if (value.is_string()) values.push_back(value.get<std::string>());
  }
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
}

}  // namespace

Json to_json(const EngineSettings& settings) {
  Json json = Json::object();
  each_engine(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
  return json;
}

Json to_json(const PerformanceSettings& settings) {
  Json json = Json::object();
  each_performance(settings, [&json](const char* key, const auto& member) { write(json, key, member); });
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

}  // namespace bantam::plan
