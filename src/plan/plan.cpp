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

namespace {

// What an energy cell runs: the requests of single_stream, one after the other, for its own budget.
PerformanceSettings energy_workload(const PerformanceSettings& settings, const EnergySettings& energy) {
  PerformanceSettings workload;
  workload.prompt = settings.prompt;
  workload.prompt_tokens = settings.prompt_tokens;
  workload.max_new_tokens = settings.max_new_tokens;
  workload.ignore_eos = settings.ignore_eos;
  workload.num_warmup = settings.num_warmup;
  workload.num_runs = energy.sample_runs ? energy.sample_runs : settings.num_runs;
  workload.rounds = settings.rounds;
  workload.target_interval = settings.target_interval;
  workload.max_seconds = energy.seconds;
  workload.time_budget_s = settings.time_budget_s;
  workload.max_disturbance = settings.max_disturbance;
  workload.max_drift = settings.max_drift;
  workload.gates = settings.gates;
  workload.wait_quiet_s = settings.wait_quiet_s;
  workload.start_temperature_c = settings.start_temperature_c;
  workload.cool_timeout_s = settings.cool_timeout_s;
  workload.batch_size = 1;
  workload.scenarios = std::vector{std::string(record::kSingleStream)};
  return workload;
}

}  // namespace

namespace {

// What a resources cell runs: prompts and tokens apart, a few of each.
PerformanceSettings resources_workload(const PerformanceSettings& settings, const EnergySettings&) {
  constexpr int kPromptTokens = 256;
  constexpr int kNewTokens = 64;
  constexpr int kRuns = 3;
  PerformanceSettings workload;
  workload.prompt = settings.prompt;
  workload.n_prompt = settings.n_prompt ? settings.n_prompt : settings.prompt_tokens;
  if (!workload.n_prompt) workload.n_prompt = kPromptTokens;
  workload.n_gen = settings.n_gen.value_or(kNewTokens);
  workload.n_depth = settings.n_depth;
  workload.num_warmup = settings.num_warmup.value_or(1);
  workload.num_runs = kRuns;
  workload.rounds = 1;
  workload.max_disturbance = settings.max_disturbance;
  workload.max_drift = settings.max_drift;
  workload.gates = settings.gates;
  workload.batch_size = 1;
  workload.scenarios = std::vector{std::string(record::kPrompt), std::string(record::kGeneration)};
  return workload;
}

}  // namespace

bool Plan::measures_in_rounds() const {
  return std::ranges::any_of(kinds, [](record::CellKind kind) { return record::row(kind).is_in_rounds; });
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
void add_energy(const Plan& plan, const Cell& cell, CellSettings& settings) {
  settings.performance = performance_of(plan, cell);
  settings.energy = plan.energy_settings;
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
  // What its cells run of the plan's workload; null: that as it is.
  PerformanceSettings (*workload)(const PerformanceSettings&, const EnergySettings&) = nullptr;
};
constexpr std::array kOwnSettings{
    OwnSettings{record::CellKind::performance, add_performance},
    OwnSettings{record::CellKind::energy, add_energy, energy_workload},
    OwnSettings{record::CellKind::resources, add_performance, resources_workload},
    OwnSettings{record::CellKind::fidelity, add_fidelity},
    OwnSettings{record::CellKind::similarity, add_similarity},
    OwnSettings{record::CellKind::accuracy, add_accuracy},
};
static_assert(kOwnSettings.size() == record::kCellKinds.size());
static_assert(std::ranges::is_sorted(kOwnSettings, {}, &OwnSettings::kind));

}  // namespace

PerformanceSettings performance_of(const Plan& plan, const Cell& cell) {
  PerformanceSettings settings = plan.performance_settings;
  if (!cell.point.performance.empty()) {
    base::Json json = to_json(settings);
    json.merge_patch(cell.point.performance);
    settings = performance_settings_from(json);
  }
  const auto workload = kOwnSettings[static_cast<std::size_t>(cell.kind)].workload;
  return workload == nullptr ? settings : workload(settings, plan.energy_settings);
}

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

constexpr auto kHowOften = std::to_array<std::string_view>(
    {"num_warmup", "num_runs", "rounds", "target_interval", "max_seconds", "time_budget", "max_disturbance",
     "max_drift", "wait_quiet", "start_temperature", "cool_timeout", "gates", "min_memory"});
constexpr auto kScheduling = std::to_array<std::string_view>(
    {"threads", "flash_attn", "n_batch", "n_ubatch", "n_gpu_layers", "gpu_index", "rpc", "repack",
     "max_model_len", "batch_size", "kv_cells", "own_kernels"});

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

// Of the engine in this program, a server and a program of its own all others differ as well.
std::optional<std::string> other_engine(const Json& a, const Json& b) {
  const Json& left = base::child_at(a, "engine");
  const Json& right = base::child_at(b, "engine");
  for (const char* setting : {"server", "program"}) {
    if (base::child_at(left, setting) != base::child_at(right, setting)) return setting;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> speed_setting_that_differs(const Json& a, const Json& b,
                                                      std::span<const std::string_view> swept) {
  if (auto setting = other_engine(a, b)) return setting;
  if (auto setting = differing(a, b, "engine", swept)) return setting;
  return differing(a, b, "performance", kHowOften);
}

std::optional<std::string> score_setting_that_differs(const Json& a, const Json& b) {
  if (base::child_at(a, "seed") != base::child_at(b, "seed")) return "seed";
  if (auto setting = other_engine(a, b)) return setting;
  if (auto setting = differing(a, b, "engine", kScheduling)) return setting;
  return differing(a, b, "accuracy", kScheduling);
}

}  // namespace bantam::plan
