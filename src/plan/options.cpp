#include "plan/options.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "plan/complete.hpp"
#include "plan/foreign.hpp"
#include "plan/limits.hpp"
#include "plan/model_settings.hpp"
#include "plan/notices.hpp"
#include "plan/option_sections.hpp"
#include "plan/option_values.hpp"
#include "plan/rpc.hpp"
#include "plan/served.hpp"
#include "plan/similarity_base.hpp"
#include "plan/sweep.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;

constexpr const char* kPlanHint = "a plan file is YAML, one option per line: models: [a.gguf], num_runs: 10";

constexpr std::string_view kSweep = "sweep";    // the option that gives others several values
constexpr std::string_view kFreeText = "TEXT";  // the metavar of options whose text may be empty

const OptionEntry* find_entry(std::string_view name) {
  for (const OptionEntry& entry : option_table()) {
    if (entry.option.name == name) return &entry;
    const auto other = base::split_list(entry.option.aliases);
    if (std::find(other.begin(), other.end(), name) != other.end()) return &entry;
  }
  return nullptr;
}

Status refuse_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const OptionEntry& entry : option_table()) names.emplace_back(entry.option.name);
  const auto near = base::closest(name, names);
  return base::fail(ErrorKind::usage, fmt::format("unknown option '{}'", base::printable(name)),
                    near ? fmt::format("did you mean {}?", *near) : "see bantam run --help");
}

}  // namespace

const std::vector<Option>& options() {
  static const std::vector<Option> kOptions = [] {
    std::vector<Option> all;
    for (const OptionEntry& entry : option_table()) all.push_back(entry.option);
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
    const OptionEntry* entry = find_entry(name);
    if (!entry) {
      base::Error error = refuse_unknown(name).error();
      return base::fail(ErrorKind::usage, fmt::format("{}: {}", path.string(), error.message), error.hint);
    }
    if (names_models(entry->option.name)) TRY(add_model_settings(path, value, values));
    const bool is_list = is_axis(entry->option.name) && value.is_array();
    auto texts =
        texts_from(value, is_list ? OptionForm::list : entry->option.form, entry->option.name == "models");
    if (texts && is_list) texts = Values{base::join(*texts, ",")};
    if (!texts) {
      return base::fail(ErrorKind::usage,
                        fmt::format("{}: {}: {}", path.string(), key, texts.error().message),
                        texts.error().hint.empty() ? kPlanHint : texts.error().hint);
    }
    values.emplace_back(name, *texts);
  }
  // Behind the models that they are for.
  std::ranges::stable_partition(values, [](const auto& value) { return value.first != kModelSettings; });
  return values;
}

namespace {

// "threads=1,2,4" of --sweep as the option and its values.
Result<std::pair<std::string_view, Values>> sweep_from(const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = base::replace_all(text.substr(0, equals), "-", "_");
  const OptionEntry* entry = find_entry(name);
  if (equals == std::string::npos || !entry || !is_axis(entry->option.name)) {
    return base::fail(
        ErrorKind::usage,
        fmt::format("--sweep: '{}' is no option with values to sweep over", base::printable(text)),
        fmt::format("write NAME=VALUE,VALUE; options are {}",
                    base::join({axis_names().begin(), axis_names().end()}, ", ")));
  }
  return std::pair{entry->option.name, Values{text.substr(equals + 1)}};
}

// Several values of an option that can have them become an axis, and the first counts for the plan.
Result<Values> first_of_axis(const OptionEntry& entry, const Values& texts, std::vector<Axis>& axes) {
  if (!is_axis(entry.option.name)) return texts;
  TRY_ASSIGN(Values values, axis_values(flag_name(entry.option.name), texts.back()));
  if (values.size() > 1) axes.push_back({std::string(entry.option.name), values});
  return Values{values.front()};
}

}  // namespace

Result<Request> build_request(const OptionValues& given_values) {
  TRY_ASSIGN(const Translation translation, translated(given_values));
  std::deque<Values> swept;  // the values of --sweep
  std::map<std::string_view, const Values*> last;
  std::set<std::string_view> given_again;  // behind the settings of models
  for (const auto& [name, texts] : translation.values) {
    if (name == kModelSettings) {
      last[kModelSettings] = &texts;
      given_again.clear();
      continue;
    }
    const OptionEntry* entry = find_entry(name);
    if (!entry) return tl::unexpected(refuse_unknown(name).error());
    if (texts.empty()) {
      return base::fail(ErrorKind::usage, fmt::format("--{} needs a value", flag_name(entry->option.name)));
    }
    if (entry->option.form == OptionForm::text && entry->option.metavar != kFreeText &&
        texts.back().empty()) {
      return base::fail(ErrorKind::usage, fmt::format("--{} is empty", flag_name(entry->option.name)),
                        "give it a value, or leave it out");
    }
    if (entry->option.name == kSweep) {
      for (const std::string& text : texts) {
        TRY_ASSIGN(auto axis, sweep_from(text));
        last[axis.first] = &swept.emplace_back(std::move(axis.second));
      }
      continue;
    }
    last[entry->option.name] = &texts;
    given_again.insert(entry->option.name);
    if (names_models(entry->option.name)) last.erase(kModelSettings);  // they are those of other models
  }
  Request request;
  request.notices = translation.notices;
  std::vector<const Option*> used;
  std::vector<std::string> tracked;  // flags
  std::vector<Axis> axes;
  for (const OptionEntry& entry :
       option_table()) {  // in the table's order, so that the outcome does not depend on the user's
    const auto given = last.find(entry.option.name);
    if (given == last.end()) continue;
    if (entry.track) {
      TRY(entry.track(request.tracking, flag_name(entry.option.name), *given->second));
      tracked.push_back("--" + flag_name(entry.option.name));
      continue;
    }
    if (!entry.apply) {
      request.notices.push_back(
          fmt::format("--{} has no effect: {}", flag_name(entry.option.name), entry.option.help));
      continue;
    }
    TRY_ASSIGN(const Values texts, first_of_axis(entry, *given->second, axes));
    TRY(entry.apply(request.plan, flag_name(entry.option.name), texts));
    used.push_back(&entry.option);
  }
  if (const auto own = last.find(kModelSettings); own != last.end())
    TRY(set_model_settings(request.plan, *own->second, given_again));
  TRY_ASSIGN(request.plan.points, points_of(request.plan, axes));
  const bool wants_accuracy = request.plan.measures(record::CellKind::accuracy);
  TRY(complete(request.plan));
  if (wants_accuracy && !request.plan.measures(record::CellKind::accuracy) &&
      request.plan.engine_name == kOwnEngine && !all_references_start_with(request.plan, "synthetic:"))
    request.notices.push_back(accuracy_is_left_out(request.plan));
  for (std::string& notice : unused_options(used, request.plan)) request.notices.push_back(std::move(notice));
  if (!request.tracking.is_enabled && !tracked.empty() && !request.tracking.is_disabled)
    request.notices.push_back(fmt::format("{} {} no effect: --wandb-enabled is not given",
                                          base::join(tracked, ", "), tracked.size() == 1 ? "has" : "have"));
  return request;
}

namespace {

const Values& cache_types() {
  static const Values kTypes{"f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl"};
  return kTypes;
}

using namespace groups;

std::string tasks_help() {
  Values chosen;
  for (const record::CellKind kind : Plan{}.kinds) chosen.emplace_back(record::name(kind));
  return fmt::format("{} [{}]", record::kind_names(), base::join(chosen, " "));
}

void add_what(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  all.push_back({{"models", "model m", list, kWhat, "REF",
                  "embedded:nano, hf:user/repo[:quant], a GGUF file, NAME=REF, or a .txt list of them"},
                 set_models});
  all.push_back(
      {{"hf_repo", "hf hfr", text, kWhat, "USER/REPO[:QUANT]", "one model from the hub"}, set_hub_model});
  all.push_back({{"precisions", "precision", list, kWhat, "P",
                  "fp32 fp16 bf16 int8 (Q8_0) int4 (Q4_K_M) or a llama.cpp type [fp16 int8 int4]"},
                 set_precisions});
  all.push_back({{"base_precision", "", text, kWhat, "P", "what the others are compared with [the highest]"},
                 set_base_precision});
  all.push_back(
      {{"lora_mode", "", text, kWhat, "apply|merge",
        "adapters (REF+lora:FILE.gguf[@scale]) act at load, or are merged before quantizing [apply]"},
       [](Plan& plan, std::string_view name, const Values& values) -> Status {
         TRY_ASSIGN(plan.lora_mode, word_from(name, values.front(), {kApplyAdapters, kMergeAdapters}));
         return {};
       }});
  static const std::string kTasksHelp = tasks_help();
  all.push_back({{"tasks", "", list, kWhat, "T", kTasksHelp}, set_tasks});
}

void add_accuracy(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::accuracy_settings;
  using S = AccuracySettings;
  all.push_back(
      {{"accuracy_tasks", "", list, kScore, "TASK", "tasks or groups [embedded:nano: its own twelve]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         plan.accuracy_settings.tasks = values;
         return {};
       }});
  all.push_back({{"accuracy_limit", "limit L", text, kScore, "N",
                  "items per task (count or fraction), a seeded sample"},
                 set_limit});
  all.push_back({{"until_decided", "", text, kScore, "POINTS",
                  "stop a task's precision once its difference to the base precision is decided: shown, or "
                  "surely less than this many points of 100 [all items]"},
                 set_until_decided});
  all.push_back({{"num_fewshot", "f", text, kScore, "N", "examples in the prompt [the task's own number]"},
                 set_whole(section, &S::num_fewshot, 0, 1000)});
  all.push_back({{"fewshot_without_leaks", "", toggle, kScore, "",
                  "no item is its own example; lm-eval lets that happen where a split is named twice [off]"},
                 set_toggle(section, &S::fewshot_without_leaks)});
  all.push_back({{"accuracy_batch_size", "", text, kScore, "N", "items scored at once [16]"},
                 set_whole(section, &S::batch_size, 1, kMostStreams)});
  all.push_back({{"accuracy_kv_cells", "", text, kScore, "N",
                  "tokens in the KV cache at once, unless one request is longer [32768]"},
                 set_whole(section, &S::kv_cells, 256, 1 << 24)});
  all.push_back(
      {{"own_kernels", "", toggle, kScore, "",
        "score with faster kernels than llama.cpp's on the CPU, after a check that scores agree [on]"},
       set_toggle(section, &S::own_kernels)});
  all.push_back(
      {{"include_path", "", list, kScore, "DIR", "a folder of further task files"}, set_include_paths});
  all.push_back({{"allow_task_code", "", toggle, kScore, "",
                  "run the Python functions that task files name, in a process under limits [off]"},
                 set_toggle(section, &S::allow_task_code)});
  all.push_back(
      {{"apply_chat_template", "", toggle, kScore, "", "wrap prompts in the model's chat template [off]"},
       set_toggle(section, &S::apply_chat_template)});
  all.push_back(
      {{"chat_template", "", text, kScore, "NAME", "which of the model's chat templates [its default]"},
       set_word(section, &S::chat_template)});
  all.push_back({{"chat_template_kwargs", "", object, kScore, "JSON",
                  "further variables of the chat template, such as {\"enable_thinking\": false}"},
                 set_chat_variables});
  all.push_back({{"fewshot_as_multiturn", "", toggle, kScore, "",
                  "with a chat template: examples as turns of the conversation [on]"},
                 set_toggle(section, &S::fewshot_as_multiturn)});
  all.push_back({{"system_instruction", "", text, kScore, "TEXT", "system message before each prompt"},
                 set_word(section, &S::system_instruction)});
  all.push_back(
      {{"think_end_token", "", text, kScore, "TAG|off",
        "the tag that ends a block of thought before an answer [auto: as the applied template says]"},
       set_word(section, &S::think_end_token)});
}

void add_quantization(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  constexpr auto section = &Plan::calibration;
  using S = CalibrationSettings;
  all.push_back(
      {{"calibration_dataset", "", text, kMaking, "FILE|embedded",
        "gather an importance matrix from this text (or rows with a column `text`) and quantize with "
        "it [embedded, for types that need one]"},
       set_word(section, &S::dataset)});
  all.push_back({{"num_calibration_samples", "", text, kMaking, "N", "samples of the text, at most [512]"},
                 set_whole(section, &S::num_samples, 1, 1'000'000)});
  all.push_back({{"max_sequence_length", "", text, kMaking, "N", "tokens of a calibration sample [512]"},
                 set_whole(section, &S::max_sequence_length, 16, 1 << 20)});
}

void add_damage(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  constexpr auto fidelity = &Plan::fidelity_settings;
  constexpr auto similarity = &Plan::similarity_settings;
  all.push_back(
      {{"fidelity_text", "", text, kDamage, "FILE", "the text of the fidelity task [an embedded one]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         plan.fidelity_settings.text = values.front();
         return {};
       }});
  all.push_back({{"fidelity_context", "", text, kDamage, "N", "tokens of a chunk of the text [512]"},
                 set_whole(fidelity, &FidelitySettings::context, 4, 1 << 20)});
  all.push_back({{"fidelity_chunks", "", text, kDamage, "N", "the first N chunks [all]"},
                 set_whole(fidelity, &FidelitySettings::chunks, 1, 1 << 24)});
  all.push_back({{"similarity_prompts", "", texts, kDamage, "TEXT", "prompts to answer [three of our own]"},
                 [](Plan& plan, std::string_view, const Values& values) -> Status {
                   if (std::ranges::find(values, "") != values.end()) {
                     return base::fail(base::ErrorKind::usage, "a prompt of --similarity-prompts is empty",
                                       "give a text of at least one token");
                   }
                   plan.similarity_settings.prompts = values;
                   return {};
                 }});
  all.push_back({{"embedding_model", "", text, kDamage, "REF",
                  "an embedding GGUF, e.g. all-MiniLM-L6-v2, for BERTScore and cosines of answers [none]"},
                 set_word(similarity, &SimilaritySettings::embedding_model)});
  all.push_back(
      {{"similarity_base", "", text, kDamage, "ENGINE:PRECISION:MODEL",
        "compare answers with those of this model, transformers:fp16:./my-model [the base precision's]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         TRY(parse_similarity_base(values.front()));
         plan.similarity_settings.base = values.front();
         return {};
       }});
  all.push_back({{"similarity_new_tokens", "", text, kDamage, "N", "tokens of an answer [64]"},
                 set_whole(similarity, &SimilaritySettings::max_new_tokens, 1, 1 << 20)});
}

void add_engine(std::vector<OptionEntry>& all) {
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
      {{"rpc", "", text, kEngine, "HOST:PORT,...",
        "put layers on other machines, where llama.cpp's rpc-server or `bantam rpc-server` runs [none]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         TRY(parse_rpc(values.front()));
         plan.engine.rpc = values.front();
         return {};
       }});
  all.push_back(
      {{"repack", "", toggle, kEngine, "", "let the engine rearrange weights for faster kernels [on]"},
       set_toggle(section, &S::repack)});
  all.push_back(
      {{"draft", "", text, kEngine, "off|lookup|REF",
        "speculative decoding: tokens found earlier in the text, or a smaller model's guesses [off]"},
       [](Plan& plan, std::string_view, const Values& values) -> Status {
         plan.engine.draft = values.front();
         if (values.front() == "off") plan.engine.draft.reset();
         return {};
       }});
  all.push_back({{"draft_tokens", "", text, kEngine, "N", "tokens guessed at once, at most [8]"},
                 set_whole(section, &S::draft_tokens, 1, 64)});
}

void add_files(std::vector<OptionEntry>& all) {
  using enum OptionForm;
  all.push_back({{"store", "", text, kFiles, "FILE", "where results are kept and resumed from [bantam.db]"},
                 set_path(&Plan::store)});
  all.push_back({{"output_dir", "", text, kFiles, "DIR",
                  "the tree of JSON files, one per configuration and task [outputs]"},
                 set_path(&Plan::output_dir)});
  all.push_back({{"seed", "", text, kFiles, "N", "seed of samples [1234]"}, set_seed});
  all.push_back(
      {{"hang_timeout", "", text, kFiles, "S", "kill a worker that gives no token for this long [300]"},
       [](Plan& plan, std::string_view name, const Values& values) -> Status {
         TRY_ASSIGN(const double timeout_s, seconds_from(name, values.front(), 0.1, 1e7));
         plan.hang_timeout_s = timeout_s;
         return {};
       }});
  all.push_back({{"offline", "", toggle, kFiles, "", "no network: hub models come from the cache [off]"},
                 [](Plan& plan, std::string_view name, const Values& values) -> Status {
                   TRY_ASSIGN(plan.offline, boolean_from(name, values.front()));
                   return {};
                 }});
  all.push_back({{"retry", "", toggle, kFiles, "", "run failed and invalid cells again [off]"},
                 [](Plan& plan, std::string_view name, const Values& values) -> Status {
                   TRY_ASSIGN(const bool retry, boolean_from(name, values.front()));
                   plan.retry = retry;
                   return {};
                 }});
}

void add_without_effect(std::vector<OptionEntry>& all) {
  const auto add = [&all](std::string_view name, std::string_view aliases, std::string_view why) {
    all.push_back({{name, aliases, OptionForm::text, kNoEffect, "X", why}, {}});
  };
  add("quantized_models_dir", "", "quantized files lie in the cache folder");
  add("gpu_memory_utilization", "", "a server's setting; nothing is preallocated here");
  add("accuracy_batch_size_hellaswag", "", "--accuracy-batch-size holds for all tasks");
  add("accuracy_batch_size_gsm8k", "", "--accuracy-batch-size holds for all tasks");
  add("accuracy_batch_size_mmlu", "", "--accuracy-batch-size holds for all tasks");
  add("calibration_split", "", "the calibration dataset is one file, without splits");
}

}  // namespace

const std::vector<OptionEntry>& option_table() {
  static const std::vector<OptionEntry> kEntries = [] {
    std::vector<OptionEntry> all;
    add_what(all);
    add_performance(all);
    add_load(all);
    add_energy(all);
    add_accuracy(all);
    add_damage(all);
    add_quantization(all);
    add_engine(all);
    add_served(all);
    add_files(all);
    add_tracking(all);
    add_without_effect(all);
    add_foreign_options(all);
    return all;
  }();
  return kEntries;
}

}  // namespace bantam::plan
