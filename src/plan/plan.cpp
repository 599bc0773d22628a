#include "plan/plan.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <span>

#include "record/scenario.hpp"

namespace bantam::plan {

const EngineSettings& engine_of(const Plan& plan, const ModelEntry& model) {
  return model.engine ? *model.engine : plan.engine;
}

EngineSettings engine_of(const Plan& plan, const Cell& cell) {
  const EngineSettings& settings = engine_of(plan, cell.model);
  if (cell.point.engine.empty()) return settings;
  base::Json json = to_json(settings);
  json.merge_patch(cell.point.engine);
  return engine_settings_from(json);
}

PerformanceSettings performance_of(const Plan& plan, const Cell& cell) {
  if (cell.point.performance.empty()) return plan.performance_settings;
  base::Json json = to_json(plan.performance_settings);
  json.merge_patch(cell.point.performance);
  return performance_settings_from(json);
}

const std::vector<std::string>& precisions_of(const Plan& plan, const ModelEntry& model) {
  return model.precisions.empty() ? plan.precisions : model.precisions;
}

const std::string& base_precision_of(const Plan& plan, const ModelEntry& model) {
  return model.base_precision.empty() ? plan.base_precision : model.base_precision;
}

namespace {

// One cell per point; of points that come to the same settings, the first.
void add_points(const Plan& plan, const Cell& cell, std::vector<Cell>& cells) {
  std::set<std::string> seen;
  for (const Point& point : plan.points) {
    Cell one = cell;
    one.point = point;
    if (seen.insert(base::to_text(to_json(cell_settings(plan, one)))).second) cells.push_back(std::move(one));
  }
}

}  // namespace

std::vector<Cell> unfold(const Plan& plan) {
  std::vector<Cell> cells;
  for (const ModelEntry& model : plan.models) {
    for (const std::string& precision : precisions_of(plan, model)) {
      for (const record::CellKind kind : plan.kinds) {
        const std::string name(record::name(kind));
        if (record::row(kind).is_in_rounds && !plan.points.empty()) {
          add_points(plan, {model, precision, kind, name}, cells);
          continue;
        }
        if (!record::row(kind).scores_tasks) {
          cells.push_back({model, precision, kind, name});
          continue;
        }
        for (const std::string& task : plan.accuracy_settings.tasks)
          cells.push_back({model, precision, kind, task});
      }
    }
  }
  return cells;
}

std::vector<std::string_view> scenarios_of(const PerformanceSettings& settings) {
  const auto is_asked_for = [&settings](std::string_view scenario) {
    if (settings.scenarios)
      return std::ranges::find(*settings.scenarios, scenario) != settings.scenarios->end();
    if (scenario == record::kOffline) return settings.batch_size > 1;
    if (scenario == record::kPrompt) return settings.n_prompt.has_value();
    if (scenario == record::kGeneration) return settings.n_gen.has_value();
    if (scenario == record::kPoisson) return settings.request_rate.has_value();
    if (scenario == record::kSustained) return settings.sustained_s.has_value();
    return true;
  };
  std::vector<std::string_view> scenarios;
  for (const std::string_view scenario : record::kScenarios) {
    if (is_asked_for(scenario)) scenarios.push_back(scenario);
  }
  return scenarios;
}

int most_streams(const PerformanceSettings& settings) {
  const auto scenarios = scenarios_of(settings);
  const bool is_batched = std::ranges::find(scenarios, record::kOffline) != scenarios.end() ||
                          std::ranges::find(scenarios, record::kPoisson) != scenarios.end();
  return is_batched ? settings.batch_size : 1;
}

int num_fewshot(std::optional<int> asked, std::optional<int> own) {
  return own == 0 ? 0 : asked.value_or(own.value_or(0));
}

bool is_staged(const Plan& plan, record::CellKind kind) {
  return plan.accuracy_settings.until_decided_points && record::row(kind).scores_tasks;
}

namespace {

void add_performance(const Plan& plan, const Cell& cell, CellSettings& settings) {
  settings.performance = performance_of(plan, cell);
}
void add_fidelity(const Plan& plan, const Cell&, CellSettings& settings) {
  settings.fidelity = plan.fidelity_settings;
}
void add_similarity(const Plan& plan, const Cell&, CellSettings& settings) {
  settings.similarity = plan.similarity_settings;
}
void add_accuracy(const Plan& plan, const Cell&, CellSettings& settings) {
  settings.accuracy = plan.accuracy_settings;
  settings.seed = plan.seed;
}

// The settings that determine the results of a kind, beside those of every kind.
struct OwnSettings {
  record::CellKind kind;
  void (*add)(const Plan&, const Cell&, CellSettings&);
};
constexpr std::array kOwnSettings{
    OwnSettings{record::CellKind::performance, add_performance},
    OwnSettings{record::CellKind::energy, add_performance},
    OwnSettings{record::CellKind::fidelity, add_fidelity},
    OwnSettings{record::CellKind::similarity, add_similarity},
    OwnSettings{record::CellKind::accuracy, add_accuracy},
};
static_assert(kOwnSettings.size() == record::kCellKinds.size());
static_assert(std::ranges::is_sorted(kOwnSettings, {}, &OwnSettings::kind));

}  // namespace

CellSettings cell_settings(const Plan& plan, const Cell& cell) {
  CellSettings settings;
  settings.engine = engine_of(plan, cell);
  if (cell.model.reference.find(kAdapterMark) != std::string::npos) settings.lora_mode = plan.lora_mode;
  kOwnSettings[static_cast<std::size_t>(cell.kind)].add(plan, cell, settings);
  if (!settings.performance) settings.engine.draft.reset();  // answers are never drafted
  if (!settings.engine.draft) settings.engine.draft_tokens.reset();
  if (record::row(cell.kind).compares_with_baseline || is_staged(plan, cell.kind))
    settings.base_precision = base_precision_of(plan, cell.model);
  return settings;
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

void write(Json& json, const char* key, const std::filesystem::path& value) {
  json[key] = value.string();
}
void read(const Json& json, const char* key, std::filesystem::path& value) {
  if (auto text = base::string_at(json, key)) value = *std::move(text);
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

constexpr const char* kEmbeddingModelSha256 = "embedding_model_sha256";

constexpr auto kHowOften = std::to_array<std::string_view>(
    {"num_warmup", "num_runs", "rounds", "target_interval", "max_seconds", "time_budget", "max_disturbance",
     "max_drift", "wait_quiet", "gates", "min_memory"});
constexpr auto kScheduling = std::to_array<std::string_view>(
    {"threads", "flash_attn", "n_batch", "n_ubatch", "n_gpu_layers", "gpu_index", "repack", "max_model_len",
     "batch_size", "kv_cells", "own_kernels"});

// The first member of this part of the settings that differs, besides the harmless ones.
std::optional<std::string> differing(const Json& a, const Json& b, std::string_view part,
                                     std::span<const std::string_view> harmless) {
  const Json& left = base::child_at(a, part);
  const Json& right = base::child_at(b, part);
  for (const Json* side : {&left, &right}) {
    for (const auto& [key, value] : side->items()) {
      if (std::ranges::find(harmless, key) != harmless.end()) continue;
      if (base::child_at(left, key) != base::child_at(right, key)) return key;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> speed_setting_that_differs(const Json& a, const Json& b,
                                                      std::span<const std::string_view> swept) {
  if (auto setting = differing(a, b, "engine", swept)) return setting;
  return differing(a, b, "performance", kHowOften);
}

std::optional<std::string> score_setting_that_differs(const Json& a, const Json& b) {
  if (base::child_at(a, "seed") != base::child_at(b, "seed")) return "seed";
  if (auto setting = differing(a, b, "engine", kScheduling)) return setting;
  return differing(a, b, "accuracy", kScheduling);
}

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

Json to_json(const CellSettings& settings) {
  Json json{{"engine", to_json(settings.engine)}};
  base::set_if(json, "lora_mode", settings.lora_mode);
  if (settings.performance) json["performance"] = to_json(*settings.performance);
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
