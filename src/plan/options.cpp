#include "plan/options.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "plan/complete.hpp"
#include "plan/option_values.hpp"
#include "plan/precision.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;
using Values = std::vector<std::string>;
using Apply = std::function<Status(Plan&, std::string_view name, const Values&)>;

// The first part of a model text "NAME=REFERENCE", when it has one.
ModelEntry model_entry_from(const std::string& text) {
  const auto equals = text.find('=');
  const auto slash = text.find_first_of("/:");
  if (equals == std::string::npos || equals == 0 || slash < equals) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

Status set_models(Plan& plan, std::string_view, const Values& values) {
  plan.models.clear();
  for (const std::string& value : values) plan.models.push_back(model_entry_from(value));
  return {};
}

Status set_hub_model(Plan& plan, std::string_view, const Values& values) {
  plan.models = {{"", "hf:" + values.front()}};
  return {};
}

Status set_precisions(Plan& plan, std::string_view, const Values& values) {
  plan.precisions.clear();
  for (const std::string& value : values) {
    TRY_ASSIGN(const Precision precision, parse_precision(value));
    const auto& chosen = plan.precisions;
    if (std::find(chosen.begin(), chosen.end(), precision.name) == chosen.end()) {
      plan.precisions.push_back(precision.name);
    }
  }
  return {};
}

Status set_base_precision(Plan& plan, std::string_view, const Values& values) {
  TRY_ASSIGN(const Precision precision, parse_precision(values.front()));
  plan.base_precision = precision.name;
  return {};
}

Status set_tasks(Plan& plan, std::string_view name, const Values& values) {
  plan.performance = plan.energy = plan.accuracy = false;
  for (const std::string& value : values) {
    const std::string lower = base::ascii_lower(value);
    if (lower == "performance")
      plan.performance = true;
    else if (lower == "energy")
      plan.energy = true;
    else if (lower == "accuracy")
      plan.accuracy = true;
    else {
      return base::fail(
          ErrorKind::usage, fmt::format("--{}: unknown value '{}'", name, base::printable(value)),
          "known: performance, energy, accuracy; names of accuracy tasks go to --accuracy-tasks");
    }
  }
  return {};
}

Status set_limit(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const double limit, number_from(name, values.front(), 0.0, 1e12));
  if (limit == 0.0 || (limit > 1.0 && limit != static_cast<double>(static_cast<std::int64_t>(limit)))) {
    return base::fail(ErrorKind::usage,
                      fmt::format("--accuracy-limit: '{}' is no count or fraction", values.front()),
                      "give a whole number of items, or a fraction below 1");
  }
  plan.accuracy_settings.limit = limit;
  return {};
}

Status set_include_paths(Plan& plan, std::string_view, const Values& values) {
  plan.accuracy_settings.include_paths.assign(values.begin(), values.end());
  return {};
}

Status set_seed(Plan& plan, std::string_view name, const Values& values) {
  TRY_ASSIGN(const std::int64_t seed, integer_from(name, values.front(), 0, INT64_MAX));
  plan.seed = static_cast<std::uint64_t>(seed);
  return {};
}

// Setters for one member, by the member's type.
template <typename Section, typename Member>
Apply set_whole(Section Plan::*section, Member Section::*member, std::int64_t low, std::int64_t high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const std::int64_t value, integer_from(name, values.front(), low, high));
    plan.*section.*member = static_cast<int>(value);
    return {};
  };
}

template <typename Section>
Apply set_real(Section Plan::*section, double Section::*member, double low, double high) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const double value, number_from(name, values.front(), low, high));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Section>
Apply set_toggle(Section Plan::*section, bool Section::*member) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const bool value, boolean_from(name, values.front()));
    plan.*section.*member = value;
    return {};
  };
}

template <typename Section>
Apply set_word(Section Plan::*section, std::string Section::*member, Values allowed = {}) {
  return [=](Plan& plan, std::string_view name, const Values& values) -> Status {
    TRY_ASSIGN(const std::string value, word_from(name, values.front(), allowed));
    plan.*section.*member = value;
    return {};
  };
}

constexpr const char* kPlanHint = "a plan file is YAML, one option a line: models: [a.gguf], num_runs: 10";

struct Entry {
  Option option;
  Apply apply;  // empty: accepted without effect, for the reason in `help`
};

const Values& cache_types() {
  static const Values kTypes{"f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"};
  return kTypes;
}

constexpr std::string_view kWhat = "What to measure";
constexpr std::string_view kSpeed = "Performance";
constexpr std::string_view kScore = "Accuracy";
constexpr std::string_view kEngine = "Engine";
constexpr std::string_view kFiles = "Files and running";
constexpr std::string_view kNoEffect = "Accepted without effect";

void add_what(std::vector<Entry>& all) {
  using enum OptionForm;
  all.push_back(
      {{"models", "model m", list, kWhat, "REF", "embedded:nano, a GGUF file, or NAME=REF"}, set_models});
  all.push_back({{"hf_repo", "hfr", text, kWhat, "USER/REPO", "one model from the hub"}, set_hub_model});
  all.push_back({{"precisions", "precision", list, kWhat, "P",
                  "fp32 fp16 bf16 int8 (Q8_0) int4 (Q4_K_M) or a llama.cpp type [fp16 int8 int4]"},
                 set_precisions});
  all.push_back({{"base_precision", "", text, kWhat, "P", "what the others are compared with [the highest]"},
                 set_base_precision});
  all.push_back(
      {{"tasks", "", list, kWhat, "T", "performance, energy, accuracy [performance accuracy]"}, set_tasks});
}

void add_performance(std::vector<Entry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::performance_settings;
  using S = PerformanceSettings;
  all.push_back({{"num_warmup", "", text, kSpeed, "N", "runs before the counted ones [2]"},
                 set_whole(section, &S::num_warmup, 0, 1'000'000)});
  all.push_back({{"num_runs", "", text, kSpeed, "N", "counted runs [until the interval is tight]"},
                 set_whole(section, &S::num_runs, 1, 1'000'000)});
  all.push_back({{"target_interval", "", text, kSpeed, "R",
                  "stop when the 95% interval of the median latency is this narrow, relative [0.01]"},
                 set_real(section, &S::target_interval, 0.0, 10.0)});
  all.push_back({{"max_seconds", "", text, kSpeed, "S", "time budget of a scenario, warm-up apart [30]"},
                 set_real(section, &S::max_seconds, 0.0, 1e7)});
  all.push_back(
      {{"batch_size", "", text, kSpeed, "N", "requests at once in the offline scenario; 1: none [8]"},
       set_whole(section, &S::batch_size, 1, 4096)});
  all.push_back({{"max_new_tokens", "", text, kSpeed, "N", "tokens generated by a request [256]"},
                 set_whole(section, &S::max_new_tokens, 1, 1'000'000)});
  all.push_back(
      {{"prompt", "", text, kSpeed, "TEXT", "the text of every request"}, set_word(section, &S::prompt)});
  all.push_back(
      {{"ignore_eos", "", toggle, kSpeed, "", "generate max-new-tokens even past the end token [on]"},
       set_toggle(section, &S::ignore_eos)});
  all.push_back({{"n_prompt", "", text, kSpeed, "N", "also llama-bench's prompt test with N tokens"},
                 set_whole(section, &S::n_prompt, 1, 1'000'000)});
  all.push_back({{"n_gen", "", text, kSpeed, "N", "also llama-bench's generation test with N tokens"},
                 set_whole(section, &S::n_gen, 1, 1'000'000)});
}

void add_accuracy(std::vector<Entry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::accuracy_settings;
  using S = AccuracySettings;
  all.push_back(
      {{"accuracy_tasks", "", list, kScore, "TASK", "tasks or groups [embedded:nano: its own seven]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         plan.accuracy_settings.tasks = values;
         return {};
       }});
  all.push_back(
      {{"accuracy_limit", "limit L", text, kScore, "N", "items a task (count or fraction), a seeded sample"},
       set_limit});
  all.push_back({{"num_fewshot", "f", text, kScore, "N", "examples in the prompt [the task's own number]"},
                 set_whole(section, &S::num_fewshot, 0, 1000)});
  all.push_back({{"accuracy_batch_size", "", text, kScore, "N", "items scored at once [16]"},
                 set_whole(section, &S::batch_size, 1, 4096)});
  all.push_back(
      {{"include_path", "", list, kScore, "DIR", "a folder of further task files"}, set_include_paths});
  all.push_back(
      {{"apply_chat_template", "", toggle, kScore, "", "wrap prompts in the model's chat template [off]"},
       set_toggle(section, &S::apply_chat_template)});
  all.push_back({{"system_instruction", "", text, kScore, "TEXT", "system message before each prompt"},
                 set_word(section, &S::system_instruction)});
}

void add_engine(std::vector<Entry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::engine;
  using S = EngineSettings;
  all.push_back({{"threads", "t", text, kEngine, "N", "CPU threads [physical cores]"},
                 set_whole(section, &S::threads, 1, 4096)});
  all.push_back({{"max_model_len", "", text, kEngine, "N", "context length [what the work needs]"},
                 set_whole(section, &S::max_model_len, 8, 1 << 24)});
  all.push_back({{"cache_type_k", "ctk", text, kEngine, "TYPE", "type of the K cache [f16]"},
                 set_word(section, &S::cache_type_k, cache_types())});
  all.push_back({{"cache_type_v", "ctv", text, kEngine, "TYPE", "type of the V cache [f16]"},
                 set_word(section, &S::cache_type_v, cache_types())});
  all.push_back({{"flash_attn", "fa", text, kEngine, "on|off|auto", "flash attention [auto]"},
                 set_word(section, &S::flash_attn, {"auto", "on", "off"})});
  all.push_back({{"n_batch", "", text, kEngine, "N", "tokens handed to the engine at once [2048]"},
                 set_whole(section, &S::n_batch, 1, 1 << 20)});
  all.push_back({{"n_ubatch", "", text, kEngine, "N", "tokens computed at once [512]"},
                 set_whole(section, &S::n_ubatch, 1, 1 << 20)});
  all.push_back({{"n_gpu_layers", "gpu_layers ngl", text, kEngine, "N",
                  "layers on the GPU [all, where one is built in]"},
                 set_whole(section, &S::n_gpu_layers, -1, 100'000)});
  all.push_back({{"gpu_index", "", text, kEngine, "N", "which GPU [the first]"},
                 set_whole(section, &S::gpu_index, 0, 1024)});
  all.push_back(
      {{"repack", "", toggle, kEngine, "", "let the engine rearrange weights for faster kernels [on]"},
       set_toggle(section, &S::repack)});
}

template <typename Member>
Apply set_path(Member Plan::*member) {
  return [=](Plan& plan, std::string_view, const Values& values) -> Status {
    plan.*member = values.front();
    return {};
  };
}

void add_files(std::vector<Entry>& all) {
  using enum OptionForm;
  all.push_back({{"store", "", text, kFiles, "FILE", "where results are kept and resumed from [bantam.db]"},
                 set_path(&Plan::store)});
  all.push_back({{"output_dir", "", text, kFiles, "DIR",
                  "the tree of JSON files, one a configuration and task [outputs]"},
                 set_path(&Plan::output_dir)});
  all.push_back({{"seed", "", text, kFiles, "N", "seed of samples [1234]"}, set_seed});
  all.push_back(
      {{"hang_timeout", "", text, kFiles, "S", "kill a worker that gives no token for this long [300]"},
       [](Plan& plan, std::string_view name, const Values& values) -> Status {
         TRY_ASSIGN(const double timeout_s, number_from(name, values.front(), 0.1, 1e7));
         plan.hang_timeout_s = timeout_s;
         return {};
       }});
  all.push_back({{"retry", "", toggle, kFiles, "", "run failed and invalid cells again [off]"},
                 [](Plan& plan, std::string_view name, const Values& values) -> Status {
                   TRY_ASSIGN(const bool retry, boolean_from(name, values.front()));
                   plan.retry = retry;
                   return {};
                 }});
}

void add_without_effect(std::vector<Entry>& all) {
  const auto add = [&all](std::string_view name, std::string_view aliases, std::string_view why) {
    all.push_back({{name, aliases, OptionForm::text, kNoEffect, "X", why}, {}});
  };
  add("quantized_models_dir", "", "quantized files lie in the cache folder");
  add("gpu_memory_utilization", "", "a server's setting; nothing is preallocated here");
  add("energy_sample_runs", "", "energy is not measured in this version");
  add("accuracy_batch_size_hellaswag", "", "--accuracy-batch-size holds for all tasks");
  add("accuracy_batch_size_gsm8k", "", "--accuracy-batch-size holds for all tasks");
  add("accuracy_batch_size_mmlu", "", "--accuracy-batch-size holds for all tasks");
  add("calibration_dataset", "", "quantization is without calibration in this version");
  add("calibration_split", "", "quantization is without calibration in this version");
  add("num_calibration_samples", "", "quantization is without calibration in this version");
  add("max_sequence_length", "", "quantization is without calibration in this version");
  add("wandb_project", "wandb_entity wandb_name wandb_run_name wandb_mode wandb_tags",
      "nothing is sent to a tracker");
}

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries = [] {
    std::vector<Entry> all;
    add_what(all);
    add_performance(all);
    add_accuracy(all);
    add_engine(all);
    add_files(all);
    add_without_effect(all);
    return all;
  }();
  return kEntries;
}

const Entry* find_entry(std::string_view name) {
  for (const Entry& entry : entries()) {
    if (entry.option.name == name) return &entry;
    const auto other = base::split_list(entry.option.aliases);
    if (std::find(other.begin(), other.end(), name) != other.end()) return &entry;
  }
  return nullptr;
}

Status refuse_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Entry& entry : entries()) names.emplace_back(entry.option.name);
  const auto near = base::closest(name, names);
  return base::fail(ErrorKind::usage, fmt::format("unknown option '{}'", base::printable(name)),
                    near ? fmt::format("did you mean {}?", *near) : "see bantam run --help");
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> kOptions = [] {
    std::vector<Option> all;
    for (const Entry& entry : entries()) all.push_back(entry.option);
    return all;
  }();
  return kOptions;
}

Result<OptionValues> read_plan_file(const std::filesystem::path& path) {
  auto parsed = base::read_yaml_file(path);
  if (!parsed) return base::fail(ErrorKind::usage, parsed.error().message, kPlanHint);
  if (!parsed->is_object()) {
    return base::fail(ErrorKind::usage, fmt::format("{}: a plan file is a map of options", path.string()),
                      kPlanHint);
  }
  OptionValues values;
  for (const auto& [key, value] : parsed->items()) {
    const std::string name = base::replace_all(key, "-", "_");
    if (!find_entry(name)) {
      base::Error error = refuse_unknown(name).error();
      return base::fail(ErrorKind::usage, fmt::format("{}: {}", path.string(), error.message), error.hint);
    }
    auto texts = texts_from(value);
    if (!texts) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}: {}: {}", path.string(), key, texts.error().message), kPlanHint);
    }
    values.emplace_back(name, *std::move(texts));
  }
  return values;
}

Result<Request> build_request(const OptionValues& values) {
  std::map<std::string_view, const Values*> last;
  for (const auto& [name, texts] : values) {
    const Entry* entry = find_entry(name);
    if (!entry) return tl::unexpected(refuse_unknown(name).error());
    if (texts.empty()) {
      return base::fail(ErrorKind::usage, fmt::format("--{} needs a value", flag_name(entry->option.name)));
    }
    last[entry->option.name] = &texts;
  }
  Request request;
  for (const Entry& entry :
       entries()) {  // in the table's order, so that the outcome does not depend on the user's
    const auto given = last.find(entry.option.name);
    if (given == last.end()) continue;
    if (!entry.apply) {
      request.notices.push_back(
          fmt::format("--{} has no effect: {}", flag_name(entry.option.name), entry.option.help));
      continue;
    }
    TRY(entry.apply(request.plan, flag_name(entry.option.name), *given->second));
  }
  TRY(complete(request.plan));
  return request;
}

}  // namespace bantam::plan
