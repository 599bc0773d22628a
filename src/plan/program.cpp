#include "plan/program.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"
#include "plan/served.hpp"
#include "record/scenario.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;

Status cannot(std::string_view what, std::string_view why) {
  return base::fail(ErrorKind::usage, fmt::format("--{}: {}", what, why),
                    fmt::format("leave --{} out", what));
}

constexpr const char* kNoTests = "an engine program has none of llama-bench's tests";

Status check_workload(const PerformanceSettings& settings) {
  if (settings.n_prompt) return cannot("n-prompt", kNoTests);
  if (settings.n_gen) return cannot("n-gen", kNoTests);
  for (const std::string_view scenario : {record::kPrompt, record::kGeneration}) {
    const auto asked = scenarios_of(settings);
    if (std::ranges::find(asked, scenario) == asked.end()) continue;
    return base::fail(ErrorKind::usage, fmt::format("the scenario {}: {}", scenario, kNoTests),
                      fmt::format("leave {} out of --scenarios", scenario));
  }
  if (settings.min_memory.value_or(false))
    return cannot("min-memory", "the least memory of an engine program is not searched for");
  return {};
}

Status check_engine(const EngineSettings& engine) {
  if (engine.draft) return cannot("draft", "an engine program does not decode speculatively");
  if (engine.rpc) return cannot("rpc", "it is of the engine in this program");
  return {};
}

// Of the engine's settings a program is told the number of threads and the length of requests.
Status check_sweep(const Plan& plan) {
  for (const Point& point : plan.points) {
    for (const auto& [setting, value] : point.engine.items()) {
      if (setting == "threads" || setting == "max_model_len") continue;
      return base::fail(
          ErrorKind::usage,
          fmt::format("a sweep over {}: an engine program is told its threads only", point.label),
          "give each other option of the engine one value, or none");
    }
    TRY(check_workload(performance_of(plan, Cell{{}, {}, record::CellKind::performance, {}, point})));
  }
  return {};
}

Status refuse_without_engine(const Plan& plan) {
  const bool has_program =
      plan.engine.program || std::ranges::any_of(plan.models, [](const ModelEntry& model) {
        return model.reference.starts_with(kProgramScheme);
      });
  if (has_program)
    return base::fail(
        ErrorKind::usage, "a model in a program of its own: the engine is another one",
        fmt::format("add --engine {}, {} or {}", kProgramEngine, kTransformersEngine, kOnnxEngine));
  const auto is_native = [](const std::string& precision) { return precision == kNativePrecision; };
  if (std::ranges::any_of(plan.precisions, is_native) || is_native(plan.base_precision))
    return base::fail(
        ErrorKind::usage,
        fmt::format("the precision {} is that of the files of engine programs", kNativePrecision),
        "name another precision, or give --engine");
  return {};
}

EngineSettings told_to_program(const EngineSettings& settings) {
  EngineSettings told;
  told.program = settings.program;
  told.threads = settings.threads;
  told.max_model_len = settings.max_model_len;
  return told;
}

}  // namespace

bool is_known_program(std::string_view name) {
  return name == kTransformersEngine || name == kOnnxEngine;
}

bool is_program_engine(std::string_view engine_name) {
  return engine_name == kProgramEngine || is_known_program(engine_name);
}

Result<std::vector<std::string>> words_of_command(std::string_view command) {
  const auto refused = [](std::string_view why) {
    return base::fail(
        ErrorKind::usage, fmt::format("--engine-command: {}", why),
        "write 'PROGRAM ARGUMENT...', or '[\"PROGRAM\", \"ARGUMENT\"]' where a word has blanks");
  };
  std::vector<std::string> words;
  if (base::trim(command).starts_with('[')) {
    const auto json = base::parse_json(command, "--engine-command");
    if (!json || !json->is_array()) return refused("it is no JSON list");
    for (const Json& word : *json) {
      if (!word.is_string()) return refused("a word of it is no text");
      words.push_back(word.get<std::string>());
    }
  } else {
    for (const std::string& word : base::split(command, ' ')) {
      if (!word.empty()) words.push_back(word);
    }
  }
  if (words.empty()) return refused("it names no program");
  const auto has_nul = [](const std::string& word) { return word.find('\0') != std::string::npos; };
  if (std::ranges::any_of(words, has_nul)) return refused("a word has a NUL byte");
  return words;
}

Status complete_program(Plan& plan) {
  if (!is_program_engine(plan.engine_name))
    return plan.engine_name == kServedEngine ? Status{} : refuse_without_engine(plan);
  if (is_known_program(plan.engine_name)) {
    if (plan.engine.program)
      return base::fail(
          ErrorKind::usage,
          fmt::format("--engine {} has a program of its own, and --engine-command names another",
                      plan.engine_name),
          fmt::format("leave --engine-command out, or give --engine {}", kProgramEngine));
    plan.engine.program = plan.engine_name;
  }
  if (!plan.engine.program)
    return base::fail(ErrorKind::usage, fmt::format("--engine {} needs a program", kProgramEngine),
                      "add --engine-command 'PROGRAM ARGUMENT...' (docs/engines.md)");
  TRY(check_engine(plan.engine));
  TRY(check_workload(plan.performance_settings));
  TRY(check_sweep(plan));
  plan.engine = told_to_program(plan.engine);
  for (ModelEntry& model : plan.models) {
    if (!model.reference.starts_with(kProgramScheme)) model.reference = kProgramScheme + model.reference;
    if (!model.engine) continue;
    TRY(check_engine(*model.engine));
    model.engine->program = plan.engine.program;
    model.engine = told_to_program(*model.engine);
  }
  if (plan.precisions.empty()) plan.precisions = {kNativePrecision};
  return {};
}

}  // namespace bantam::plan
