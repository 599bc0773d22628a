#include "plan/foreign.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "base/text.hpp"

namespace bantam::plan {
namespace {

using base::ErrorKind;
using base::Result;
using enum OptionForm;

struct ForeignOption {
  std::string_view name;
  OptionForm form;
  bool is_refused;  // it would change results
  std::string_view why;
};

constexpr auto kForeign = std::to_array<ForeignOption>({
    {"model_args", texts, false, "it names the model of a command of lm-eval"},
    {"device", text, false, "the engine takes the devices that it is built for"},
    {"output_path", text, false, "bantam export lm-eval --output-path writes lm-eval's files"},
    {"log_samples", toggle, false, "every item is kept"},
    {"use_cache", text, false, "every finished item is kept in the store"},
    {"cache_requests", text, false, "every finished item is kept in the store"},
    {"max_batch_size", text, false, "--accuracy-batch-size says how many items are scored at once"},
    {"check_integrity", toggle, false, "bantam tasks validate checks tasks"},
    {"verbosity", text, false, "there are no levels of logging"},
    {"write_out", toggle, false, "bantam tasks show prints prompts"},
    {"show_config", toggle, false, "each record holds its task's configuration"},
    {"wandb_args", texts, false, "--wandb-enabled and --wandb-project NAME leave runs for `wandb sync`"},
    {"wandb_config_args", texts, false, "the configuration of W&B's runs is that of the records"},
    {"trackio_args", texts, false, "nothing is sent to a tracker"},
    {"hf_hub_log_args", texts, false, "nothing is sent to a hub"},
    {"trust_remote_code", toggle, false, "code of models and data sets is never run"},
    {"confirm_run_unsafe_code", toggle, false, "code of models and data sets is never run"},
    {"gen_kwargs", texts, true, "each task's own generation_kwargs hold"},
    {"samples", text, true, "--accuracy-limit takes a seeded sample"},
    {"predict_only", toggle, true, "answers are always scored"},
    {"metadata", texts, true, "a task's metadata is that of its file"},
    {"config", text, true, "a plan file is named by --plan"},
});

constexpr auto kBackends = std::to_array<std::string_view>(
    {"hf", "hf-auto", "huggingface", "hf-multimodal", "vllm", "sglang", "gguf", "ggml"});

// Keys of --model_args that do not change what a model answers.
constexpr auto kHarmlessArguments = std::to_array<std::string_view>(
    {"trust_remote_code", "tokenizer", "use_fast_tokenizer", "parallelize", "backend", "device",
     "device_map_option", "max_memory_per_gpu", "max_cpu_memory", "offload_folder", "tensor_parallel_size",
     "data_parallel_size", "gpu_memory_utilization", "batch_size", "max_batch_size", "attn_implementation",
     "low_cpu_mem_usage", "swap_space", "logits_cache"});

// dtype: our precision.
constexpr auto kTypes = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"float", "fp32"}, {"float32", "fp32"}, {"float16", "fp16"}, {"half", "fp16"}, {"bfloat16", "bf16"}});

template <typename Names>
bool holds(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

Status refuse(const OptionValues& values) {
  std::vector<std::string> reasons;
  std::vector<std::string> flags;
  for (const auto& [name, given] : values) {
    const auto found = std::ranges::find(kForeign, std::string_view(name), &ForeignOption::name);
    if (found == kForeign.end() || !found->is_refused) continue;
    flags.push_back("--" + flag_name(name));
    reasons.push_back(fmt::format("{} is not supported: {}", flags.back(), found->why));
  }
  if (flags.empty()) return {};
  return base::fail(ErrorKind::usage, base::join(reasons, "; "),
                    fmt::format("leave out {}", base::join(flags, " and ")));
}

// One command, option by option; what it is made of is taken out piece by piece.
class LmEvalCommand {
 public:
  explicit LmEvalCommand(const OptionValues& values) {
    for (const auto& [name, given] : values) given_[name] = given;
  }

  bool is_one() const { return given_.contains("model_args") || names_backend(); }

  Result<Translation> translate() {
    if (!given_.contains("model_args")) {
      return base::fail(ErrorKind::usage,
                        fmt::format("'{}' is a backend of lm-eval: which model?", given_["models"].front()),
                        "add --model_args pretrained=REF, or name the model itself: --models REF");
    }
    TRY(read_arguments());
    TRY(name_model());
    set_precision();
    if (const auto length = take_argument("max_length")) set("max_model_len", {*length});
    name_tasks();
    TRY(set_batch_size());
    set_device();
    set_seed_of_examples();
    TRY(tell_rest());
    Translation translation;
    for (auto& [name, given] : given_) translation.values.emplace_back(name, std::move(given));
    std::string words;
    for (const auto& [name, given] : ours_)
      words += fmt::format(" --{} {}", flag_name(name), base::printable(base::join(given, " ")));
    translation.notices.push_back("read as a command of lm-eval:" + words);
    if (!unused_.empty())
      translation.notices.push_back(fmt::format("--model_args {} has no effect", base::join(unused_, ",")));
    return translation;
  }

 private:
  bool names_backend() const {
    const auto models = given_.find("models");
    std::error_code ignored;
    return models != given_.end() && models->second.size() == 1 && holds(kBackends, models->second.front()) &&
           !std::filesystem::exists(models->second.front(), ignored);
  }

  void set(const std::string& name, Values given) {
    ours_.emplace_back(name, given);
    given_[name] = std::move(given);
  }

  std::optional<std::string> take_argument(const std::string& key) {
    const auto found = arguments_.find(key);
    if (found == arguments_.end()) return std::nullopt;
    std::string value = found->second;
    arguments_.erase(found);
    return value;
  }

  Status read_arguments() {
    for (const std::string& argument : base::split(base::join(given_.at("model_args"), ","), ',')) {
      const std::string pair(base::trim(argument));
      if (pair.empty()) continue;
      const auto equals = pair.find('=');
      if (equals == std::string::npos) {
        return base::fail(ErrorKind::usage,
                          fmt::format("--model_args: '{}' is no key=value", base::printable(pair)),
                          "write it as lm-eval takes it: pretrained=REF,dtype=float16");
      }
      arguments_[pair.substr(0, equals)] = pair.substr(equals + 1);
    }
    given_.erase("model_args");
    return {};
  }

  Status name_model() {
    const auto pretrained = take_argument("pretrained");
    if (!pretrained) {
      return base::fail(ErrorKind::usage, "--model_args names no model", "add pretrained=REF to it");
    }
    const auto file = take_argument("gguf_file");
    const auto revision = take_argument("revision");
    std::error_code ignored;
    std::string reference = *pretrained;
    if (std::filesystem::exists(reference, ignored)) {
      if (file) reference = (std::filesystem::path(reference) / *file).string();
    } else if (reference.find(':') == std::string::npos && !reference.starts_with('/') &&
               !reference.starts_with('.')) {
      reference = "hf:" + reference;
      if (file) reference += ":" + *file;
      if (revision) reference += "@" + *revision;
    }
    set("models", {reference});
    return {};
  }

  void set_precision() {
    const auto type = take_argument("dtype");
    if (!type || given_.contains("precisions")) return;
    const auto known = std::ranges::find(kTypes, std::string_view(*type),
                                         &std::pair<std::string_view, std::string_view>::first);
    if (known != kTypes.end()) set("precisions", {std::string(known->second)});
  }

  void name_tasks() {
    const auto tasks = given_.find("tasks");
    if (tasks == given_.end()) return;
    if (std::ranges::all_of(tasks->second, [](const std::string& task) {
          return record::is_kind_name(base::ascii_lower(task));
        }))
      return;
    const Values named = tasks->second;
    set("tasks", {std::string(record::name(record::CellKind::accuracy))});
    set("accuracy_tasks", named);
  }

  // Of items here; ours is that of requests.
  Status set_batch_size() {
    const auto size = given_.find("batch_size");
    if (size == given_.end()) return {};
    const std::string text = size->second.front();
    given_.erase(size);
    if (!text.starts_with("auto")) set("accuracy_batch_size", {text});
    return {};
  }

  void set_device() {
    const auto device = given_.find("device");
    if (device == given_.end()) return;
    const std::string name = device->second.front();
    if (name == "cpu") {
      given_.erase(device);
      set("n_gpu_layers", {"0"});
    } else if (name.starts_with("cuda:")) {
      given_.erase(device);
      set("gpu_index", {name.substr(name.find(':') + 1)});
    }
  }

  // lm-eval names four seeds, the last of which draws examples.
  void set_seed_of_examples() {
    const auto seed = given_.find("seed");
    if (seed == given_.end()) return;
    const auto seeds = base::split_list(seed->second.front());
    if (seeds.size() > 1) set("seed", {seeds.back()});
  }

  Status tell_rest() {
    std::vector<std::string> refused;
    for (const auto& [key, value] : arguments_)
      (holds(kHarmlessArguments, key) ? unused_ : refused).push_back(key);
    if (refused.empty()) return {};
    return base::fail(
        ErrorKind::usage,
        fmt::format("--model_args: not supported: {}", base::printable(base::join(refused, ", "))),
        fmt::format("leave out {}", base::printable(base::join(refused, " and "))));
  }

  std::map<std::string, Values> given_;
  std::map<std::string, std::string> arguments_;  // of --model_args
  OptionValues ours_;                             // what was put in their place
  std::vector<std::string> unused_;
};

}  // namespace

void add_foreign_options(std::vector<OptionEntry>& all) {
  for (const ForeignOption& option : kForeign)
    all.push_back({{option.name, "", option.form, "", "X", option.why}, {}});
}

Result<Translation> translated(const OptionValues& values) {
  TRY(refuse(values));
  LmEvalCommand command(values);
  if (!command.is_one()) return Translation{values, {}};
  return command.translate();
}

}  // namespace bantam::plan
