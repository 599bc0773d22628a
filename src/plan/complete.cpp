#include "plan/complete.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "plan/precision.hpp"
#include "plan/program.hpp"
#include "plan/served.hpp"
#include "record/scenario.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;

// The file's own precision at the end of its name would contradict the precisions that are made from it.
std::string without_precision(std::string name) {
  const auto last = name.find_last_of("-.");
  if (last != std::string::npos && last > 0 && parse_precision(name.substr(last + 1))) name.resize(last);
  return name;
}

std::string without_gguf(std::string name) {
  constexpr std::string_view kEnding = ".gguf";
  if (base::ascii_lower(name).ends_with(kEnding)) name.resize(name.size() - kEnding.size());
  return name;
}

// Without the ending of the first file of a model in several: -00001-of-00003.
std::string without_part(std::string name) {
  constexpr std::string_view kPattern = "-00001-of-";
  const auto at = name.rfind(kPattern);
  const auto count = at == std::string::npos ? std::string() : name.substr(at + kPattern.size());
  const bool digits = count.size() == 5 && count.find_first_not_of("0123456789") == std::string::npos;
  if (digits && at > 0) name.resize(at);
  return name;
}

base::Status name_models(std::vector<ModelEntry>& models) {
  std::set<std::string> taken;
  std::map<std::string, std::string> owner;  // of the files that are called so
  for (const ModelEntry& model : models) {
    if (model.name.empty()) continue;
    const std::string file = base::file_name_from(model.name);
    const auto [first, is_new] = owner.emplace(file, model.name);
    if (!is_new) {
      const bool same = first->second == model.name;
      return base::fail(ErrorKind::usage,
                        same ? fmt::format("two models are named '{}'", base::printable(model.name))
                             : fmt::format("models '{}' and '{}' would have the same files, {}",
                                           base::printable(first->second), base::printable(model.name), file),
                        "give each its own name: NAME=REFERENCE");
    }
    taken.insert(file);
  }
  for (ModelEntry& model : models) {
    if (!model.name.empty()) continue;
    const std::string name = default_model_name(model.reference);
    model.name = name;
    for (int i = 2; !taken.insert(base::file_name_from(model.name)).second; ++i) {
      model.name = fmt::format("{}-{}", name, i);
    }
  }
  return {};
}

double bits_per_weight(const std::string& name) {
  const auto precision = parse_precision(name);
  return precision ? precision->bits : 0.0;
}

const std::string& highest(const std::vector<std::string>& precisions) {
  return *std::ranges::max_element(precisions, {}, bits_per_weight);
}

base::Status check_base(const std::string& base, const std::vector<std::string>& precisions) {
  if (std::ranges::find(precisions, base) != precisions.end()) return {};
  return base::fail(ErrorKind::usage, fmt::format("the base precision {} is not measured", base),
                    fmt::format("add it to --precisions, or choose one of {}", base::join(precisions, ", ")));
}

// The plan's, and those of models that have precisions of their own.
base::Status choose_base_precisions(Plan& plan) {
  const bool is_asked = !plan.base_precision.empty();
  if (!is_asked) plan.base_precision = highest(plan.precisions);
  bool is_needed = false;  // by a model without precisions of its own
  for (ModelEntry& model : plan.models) {
    if (model.precisions.empty()) {
      is_needed = true;
      if (!model.base_precision.empty()) TRY(check_base(model.base_precision, plan.precisions));
      continue;
    }
    const bool has_plans = std::ranges::find(model.precisions, plan.base_precision) != model.precisions.end();
    if (model.base_precision.empty())
      model.base_precision = is_asked && has_plans ? plan.base_precision : highest(model.precisions);
    TRY(check_base(model.base_precision, model.precisions));
  }
  return is_needed ? check_base(plan.base_precision, plan.precisions) : base::Status{};
}

base::Status choose_tasks(Plan& plan) {
  auto& tasks = plan.accuracy_settings.tasks;
  if (plan.measures(record::CellKind::accuracy) && tasks.empty()) {
    if (all_references_start_with(plan, "embedded:")) tasks = embedded_tasks();
  }
  std::set<std::string> seen;
  std::erase_if(tasks, [&seen](const std::string& task) { return !seen.insert(task).second; });
  for (const std::string& task : tasks) {
    if (!record::is_scored_task(task)) {
      return base::fail(ErrorKind::usage, fmt::format("'{}' is no accuracy task", task),
                        "name it with --tasks");
    }
  }
  if (plan.measures(record::CellKind::accuracy) && !tasks.empty() &&
      all_references_start_with(plan, "synthetic:")) {
    return base::fail(ErrorKind::usage, "synthetic models have random weights: their answers mean nothing",
                      "leave out the accuracy tasks: --tasks performance");
  }
  if (plan.measures(record::CellKind::accuracy) && tasks.empty()) {
    if (plan.kinds.size() == 1) {
      return base::fail(ErrorKind::usage, "no accuracy tasks are named",
                        "add --accuracy-tasks NAMES (and --include-path DIR for your own task files)");
    }
    plan.kinds.erase(record::CellKind::accuracy);
  }
  return {};
}

base::Status check_until_decided(const Plan& plan) {
  if (!plan.accuracy_settings.until_decided_points) return {};
  if (!plan.measures(record::CellKind::accuracy)) {
    return base::fail(ErrorKind::usage, "--until-decided stops accuracy tasks, and none is measured",
                      "name some with --accuracy-tasks, or leave --until-decided out");
  }
  for (const ModelEntry& model : plan.models) {
    if (precisions_of(plan, model).size() > 1) continue;
    return base::fail(ErrorKind::usage,
                      fmt::format("--until-decided compares precisions, and only {} is measured",
                                  base_precision_of(plan, model)),
                      "add another to --precisions, or leave --until-decided out");
  }
  return {};
}

// Each request at once has a token in every batch.
base::Status check_batch(const Plan& plan, const EngineSettings& engine, record::CellKind kind,
                         std::string_view flag, int streams) {
  if (!plan.measures(kind) || streams <= engine.n_batch) return {};
  return base::fail(
      ErrorKind::usage,
      fmt::format("--n-batch {} is below --{} {}: each request at once needs a token of a batch",
                  engine.n_batch, flag, streams),
      fmt::format("give --n-batch {} or more, or --{} {}", streams, flag, engine.n_batch));
}

// A scenario by name needs the setting that gives its size.
base::Status check_scenarios(const PerformanceSettings& settings) {
  const auto needs = [&settings](std::string_view scenario, bool is_given,
                                 std::string_view flag) -> base::Status {
    const auto asked = scenarios_of(settings);
    if (is_given || std::ranges::find(asked, scenario) == asked.end()) return {};
    return base::fail(ErrorKind::usage, fmt::format("the scenario {} needs --{}", scenario, flag),
                      fmt::format("give --{}, or leave {} out of --scenarios", flag, scenario));
  };
  TRY(needs(record::kPrompt, settings.n_prompt.has_value(), "n-prompt"));
  TRY(needs(record::kGeneration, settings.n_gen.has_value(), "n-gen"));
  TRY(needs(record::kPoisson, settings.request_rate.has_value(), "request-rate"));
  TRY(needs(record::kSustained, settings.sustained_s.has_value(), "sustained"));
  if (!settings.n_depth || settings.n_prompt || settings.n_gen) return {};
  return base::fail(ErrorKind::usage, "--n-depth is the depth of llama-bench's tests, and none is measured",
                    "add --n-prompt or --n-gen, or lengthen real requests with --prompt-tokens");
}

// An option that belongs to a scenario which is not measured.
base::Status check_load(const Plan& plan) {
  const PerformanceSettings& settings = plan.performance_settings;
  const auto asked = scenarios_of(settings);
  const auto is_asked = [&asked](std::string_view scenario) {
    return std::ranges::find(asked, scenario) != asked.end();
  };
  const auto belongs = [&](bool is_given, std::string_view flag, std::string_view scenario,
                           std::string_view remedy) -> base::Status {
    if (!is_given || is_asked(scenario)) return {};
    return base::fail(ErrorKind::usage,
                      fmt::format("--{} belongs to the scenario {}, which is not measured", flag, scenario),
                      fmt::format("{}, or leave --{} out", remedy, flag));
  };
  TRY(belongs(settings.request_rate.has_value(), "request-rate", record::kPoisson,
              "add poisson to --scenarios"));
  TRY(belongs(settings.sustained_s.has_value(), "sustained", record::kSustained,
              "add sustained to --scenarios"));
  TRY(belongs(settings.max_ttft_s.has_value(), "max-ttft", record::kPoisson, "add --request-rate"));
  TRY(belongs(settings.max_tpot_s.has_value(), "max-tpot", record::kPoisson, "add --request-rate"));
  return {};
}

base::Status check_draft(const EngineSettings& engine, const PerformanceSettings& performance) {
  const auto asked = scenarios_of(performance);
  if (!engine.draft || std::ranges::find(asked, record::kPoisson) == asked.end()) return {};
  return base::fail(ErrorKind::usage, "requests that arrive on their own are not drafted",
                    "leave out --draft, or the scenario poisson");
}

// Settings that the engine refuses, or ends the program on, only once a model is open.
base::Status check_engine(const Plan& plan, const EngineSettings& engine,
                          const PerformanceSettings& performance) {
  TRY(check_batch(plan, engine, record::CellKind::performance, "batch-size", most_streams(performance)));
  if (plan.measures(record::CellKind::performance)) TRY(check_draft(engine, performance));
  const bool float_v =
      engine.cache_type_v == "f32" || engine.cache_type_v == "f16" || engine.cache_type_v == "bf16";
  if (engine.flash_attn == "off" && !float_v) {
    return base::fail(
        ErrorKind::usage,
        fmt::format("--cache-type-v {} needs flash attention, and --flash-attn is off", engine.cache_type_v),
        "leave --flash-attn out, or give --cache-type-v f16");
  }
  return {};
}

// The settings of every model at every point of the sweep.
base::Status check_points(const Plan& plan) {
  if (!plan.points.empty() && !plan.measures_in_rounds()) {
    return base::fail(ErrorKind::usage,
                      fmt::format("a sweep over {} is of speed measurements, and none is measured",
                                  plan.points.front().label),
                      "add performance to --tasks, or give each option one value");
  }
  for (const ModelEntry& model : plan.models) {
    TRY(check_engine(plan, engine_of(plan, model), plan.performance_settings));
    TRY(check_batch(plan, engine_of(plan, model), record::CellKind::accuracy, "accuracy-batch-size",
                    plan.accuracy_settings.batch_size));
    for (const Point& point : plan.points) {
      const Cell cell{model, {}, record::CellKind::performance, {}, point};
      const PerformanceSettings performance = performance_of(plan, cell);
      TRY(check_scenarios(performance));
      TRY(check_engine(plan, engine_of(plan, cell), performance));
    }
  }
  return {};
}

}  // namespace

bool all_references_start_with(const Plan& plan, std::string_view scheme) {
  return std::all_of(plan.models.begin(), plan.models.end(),
                     [scheme](const ModelEntry& model) { return model.reference.starts_with(scheme); });
}

std::string default_model_name(std::string_view reference) {
  if (const auto lora = reference.rfind(kAdapterMark); lora != std::string_view::npos && lora > 0) {
    const auto adapter = reference.substr(lora + kAdapterMark.size());
    return fmt::format("{}-{}", default_model_name(reference.substr(0, lora)),
                       default_model_name(adapter.substr(0, adapter.rfind('@'))));
  }
  if (reference.starts_with(kServedScheme)) {
    // All that the server says behind its last folder, a precision too: nothing else tells of it.
    std::string name(reference.substr(std::string_view(kServedScheme).size()));
    if (const auto slash = name.rfind('/'); slash != std::string::npos) name.erase(0, slash + 1);
    name = without_gguf(std::move(name));
    return name.empty() ? "model" : name;
  }
  if (reference.starts_with(kProgramScheme)) {
    reference.remove_prefix(std::string_view(kProgramScheme).size());
    while (reference.size() > 1 && reference.ends_with('/')) reference.remove_suffix(1);
    std::string name(reference.substr(reference.find_last_of('/') + 1));
    return name.empty() || name == "." || name == ".." ? "model" : name;
  }
  for (const std::string_view scheme : {"embedded:", "synthetic:"}) {
    if (reference.starts_with(scheme)) return std::string(reference.substr(scheme.size()));
  }
  const bool is_hub = reference.starts_with("hf:");
  if (is_hub) reference = reference.substr(3).substr(0, reference.substr(3).find_first_of(":@"));
  std::string name(reference.substr(reference.find_last_of('/') + 1));
  if (is_hub) return name;
  name = without_precision(without_part(without_gguf(std::move(name))));
  return name.empty() ? "model" : name;
}

const std::vector<std::string>& embedded_tasks() {
  static const std::vector<std::string> kTasks{
      "nano_knowledge", "nano_completion", "nano_arithmetic", "nano_sentiment", "nano_topic", "nano_qa",
      "nano_text",      "nano_tagging",    "nano_summary",    "nano_dialogue",  "nano_reply", "nano_reading"};
  return kTasks;
}

base::Status complete(Plan& plan) {
  if (plan.models.empty()) {
    return base::fail(ErrorKind::usage, "no model is named",
                      "add --models embedded:nano, or the path of a GGUF file");
  }
  TRY(complete_served(plan));
  TRY(complete_program(plan));
  TRY(name_models(plan.models));
  if (plan.precisions.empty()) plan.precisions = {"fp16", "int8", "int4"};
  TRY(choose_base_precisions(plan));
  if (plan.performance_settings.prompt.empty()) {
    return base::fail(ErrorKind::usage, "--prompt is empty", "give a text of at least one token");
  }
  TRY(check_scenarios(plan.performance_settings));
  TRY(check_load(plan));
  TRY(choose_tasks(plan));
  TRY(check_until_decided(plan));
  TRY(check_points(plan));
  if (plan.kinds.empty()) {
    return base::fail(ErrorKind::usage, "nothing to measure", "add --tasks performance accuracy");
  }
  return {};
}

}  // namespace bantam::plan
