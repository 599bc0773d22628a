#include "evaluate/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "evaluate/known_functions.hpp"
#include "prompt/jinja.hpp"
#include "score/filters.hpp"
#include "score/pattern.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::array kKnownKeys{"task",
                                "task_alias",
                                "tag",
                                "group",
                                "include",
                                "dataset_path",
                                "dataset_name",
                                "dataset_kwargs",
                                "training_split",
                                "validation_split",
                                "test_split",
                                "fewshot_split",
                                "fewshot_config",
                                "description",
                                "doc_to_text",
                                "doc_to_target",
                                "doc_to_choice",
                                "target_delimiter",
                                "fewshot_delimiter",
                                "gen_prefix",
                                "num_fewshot",
                                "output_type",
                                "generation_kwargs",
                                "repeats",
                                "filter_list",
                                "metric_list",
                                "metadata",
                                "should_decontaminate",
                                "doc_to_decontamination_query",
                                "process_docs",
                                "process_results",
                                "group_alias",
                                "unsafe_code"};

constexpr std::array kDefaultMetrics{
    std::pair{OutputType::multiple_choice, "acc acc_norm"},
    std::pair{OutputType::loglikelihood, "perplexity acc"},
    std::pair{OutputType::loglikelihood_rolling, "word_perplexity byte_perplexity bits_per_byte"},
    std::pair{OutputType::generate_until, "exact_match"},
};

// Metric, its default aggregation, and the output types that give it.
struct MetricRule {
  std::string_view name;
  std::string_view aggregation;
  std::string_view output_types;
};
constexpr std::array kMetricRules{
    MetricRule{"acc", "mean", "multiple_choice loglikelihood"},
    MetricRule{"acc_norm", "mean", "multiple_choice"},
    MetricRule{"acc_bytes", "mean", "multiple_choice"},
    MetricRule{"acc_mutual_info", "mean", "multiple_choice"},
    MetricRule{"brier_score", "brier_score", "multiple_choice"},
    MetricRule{"f1", "f1", "multiple_choice"},
    MetricRule{"mcc", "matthews_corrcoef", "multiple_choice"},
    MetricRule{"exact_match", "mean", "multiple_choice generate_until"},
    MetricRule{"perplexity", "perplexity", "loglikelihood"},
    MetricRule{"word_perplexity", "weighted_perplexity", "loglikelihood_rolling"},
    MetricRule{"byte_perplexity", "weighted_perplexity", "loglikelihood_rolling"},
    MetricRule{"bits_per_byte", "bits_per_byte", "loglikelihood_rolling"},
};

class Reader {
 public:
  Reader(const Json& config, const std::filesystem::path& file) : config_(config), file_(file) {}

  tl::unexpected<base::Error> refuse(const std::string& message, const std::string& hint = {}) const {
    return base::fail(ErrorKind::bad_input, fmt::format("{}: {}", file_.string(), message), hint);
  }

  // The text behind `key`, or `otherwise` when it is not there or null.
  Result<std::string> text(const std::string& key, const std::string& otherwise) const {
    const Json& value = at(key);
    if (value.is_null()) return otherwise;
    if (!value.is_string()) return refuse(key + " must be text");
    return value.get<std::string>();
  }

  const Json& at(const std::string& key) const {
    static const Json kNull;
    const auto found = config_.find(key);
    return found == config_.end() ? kNull : *found;
  }

  // "module.function" of a value that was written as !function; absent for any other value.
  static std::optional<std::string> function_of(const Json& value) {
    return base::string_at(value, "!function");
  }

  Result<std::optional<KnownFunction>> function(const std::string& key) const {
    const auto called = function_of(at(key));
    if (!called) {
      if (at(key).is_null()) return std::nullopt;
      return refuse(key + " must name a function");
    }
    const auto known = known_function(*called);
    if (known) return known;
    return refuse(fmt::format("{} needs the Python function '{}', which cannot run here", key, *called),
                  fmt::format("write the rows as they come out of it and leave {} away", key));
  }

  // A column, a template, or (choices) a list or dictionary of texts.
  Result<Json> field(const std::string& key, const Json& value) const {
    if (const auto called = function_of(value)) {
      return refuse(fmt::format("{} needs the Python function '{}', which cannot run here", key, *called),
                    "write it as a Jinja template");
    }
    if (value.is_string()) {
      if (const auto compiled = prompt::Template::compile(value.get<std::string>(), prompt::Dialect::python);
          !compiled) {
        return refuse(fmt::format("{}: {}", key, compiled.error().message));
      }
    }
    return value;
  }

 private:
  const Json& config_;
  const std::filesystem::path& file_;
};

Result<OutputType> output_type_from(const Reader& reader) {
  TRY_ASSIGN(const std::string text, reader.text("output_type", "generate_until"));
  for (const auto type : {OutputType::multiple_choice, OutputType::loglikelihood,
                          OutputType::loglikelihood_rolling, OutputType::generate_until}) {
    if (name(type) == text) return type;
  }
  return reader.refuse(fmt::format("output_type '{}' is not known", text));
}

base::Status read_splits(const Reader& reader, Task& task) {
  TRY_ASSIGN(const std::string training, reader.text("training_split", ""));
  TRY_ASSIGN(const std::string validation, reader.text("validation_split", ""));
  TRY_ASSIGN(const std::string test, reader.text("test_split", ""));
  TRY_ASSIGN(task.fewshot.split, reader.text("fewshot_split", ""));
  task.test_split = test.empty() ? validation : test;
  if (task.test_split.empty()) return reader.refuse("needs test_split or validation_split");
  const Json& fewshot = reader.at("fewshot_config");
  task.fewshot.split = base::string_at(fewshot, "split").value_or(task.fewshot.split);
  task.fewshot.samples = base::child_at(fewshot, "samples");
  if (task.fewshot.split.empty() && task.fewshot.samples.empty()) {
    task.fewshot.split = !training.empty() ? training : !validation.empty() ? validation : test;
  }
  if (!task.data.may_have(task.test_split)) {
    return reader.refuse(fmt::format("data_files has no split '{}'", task.test_split));
  }
  return {};
}

base::Status read_texts(const Reader& reader, Task& task) {
  TRY_ASSIGN(task.doc_to_text, reader.field("doc_to_text", reader.at("doc_to_text")));
  if (Reader::function_of(reader.at("doc_to_target"))) {
    TRY_ASSIGN(task.process_target, reader.function("doc_to_target"));
  } else {
    TRY_ASSIGN(task.doc_to_target, reader.field("doc_to_target", reader.at("doc_to_target")));
  }
  TRY_ASSIGN(task.doc_to_choice, reader.field("doc_to_choice", reader.at("doc_to_choice")));
  TRY_ASSIGN(task.description, reader.text("description", ""));
  TRY_ASSIGN(task.target_delimiter, reader.text("target_delimiter", " "));
  TRY_ASSIGN(task.fewshot_delimiter, reader.text("fewshot_delimiter", "\n\n"));
  TRY_ASSIGN(task.gen_prefix, reader.text("gen_prefix", ""));
  TRY_ASSIGN(task.process_docs, reader.function("process_docs"));
  TRY_ASSIGN(task.process_results, reader.function("process_results"));
  if (task.process_docs &&
      task.name.find("hellaswag") == std::string::npos) {  // many tasks have a utils.process_docs
    return reader.refuse("process_docs needs a Python function that cannot run here",
                         "write the rows as they come out of it and leave process_docs away");
  }
  if (task.doc_to_target.is_null() && !task.process_target) return reader.refuse("needs doc_to_target");
  if (task.output_type == OutputType::multiple_choice && task.doc_to_choice.is_null()) {
    return reader.refuse("a multiple_choice task needs doc_to_choice");
  }
  return {};
}

base::Status read_fewshot(const Reader& reader, Task& task) {
  const Json& fewshot = reader.at("fewshot_config");
  const auto field_or = [&](const std::string& key, const Json& own) -> Result<Json> {
    const auto found = fewshot.is_object() ? fewshot.find(key) : fewshot.end();
    if (!fewshot.is_object() || found == fewshot.end() || found->is_null()) return own;
    return reader.field("fewshot_config." + key, *found);
  };
  TRY_ASSIGN(task.fewshot.doc_to_text, field_or("doc_to_text", task.doc_to_text));
  TRY_ASSIGN(task.fewshot.doc_to_target, field_or("doc_to_target", task.doc_to_target));
  TRY_ASSIGN(task.fewshot.doc_to_choice, field_or("doc_to_choice", task.doc_to_choice));
  task.fewshot.target_delimiter =
      base::string_at(fewshot, "target_delimiter").value_or(task.target_delimiter);
  task.fewshot.fewshot_delimiter =
      base::string_at(fewshot, "fewshot_delimiter").value_or(task.fewshot_delimiter);
  task.fewshot.gen_prefix = base::string_at(fewshot, "gen_prefix").value_or(task.gen_prefix);
  task.fewshot.sampler = base::string_at(fewshot, "sampler").value_or("default");
  if (task.fewshot.sampler != "default" && task.fewshot.sampler != "first_n") {
    return reader.refuse(fmt::format("few-shot sampler '{}' is not known", task.fewshot.sampler),
                         "use first_n, or leave it away for a seeded random choice");
  }
  const Json& shots = reader.at("num_fewshot");
  if (!shots.is_null() && (!shots.is_number_integer() || shots.get<std::int64_t>() < 0)) {
    return reader.refuse("num_fewshot must be a count");
  }
  task.num_fewshot = shots.is_null() ? 0 : shots.get<int>();
  return {};
}

base::Status read_generation(const Reader& reader, Task& task) {
  const Json& keywords = reader.at("generation_kwargs");
  if (base::bool_at(keywords, "do_sample").value_or(false)) {
    return reader.refuse("generation_kwargs: do_sample: only greedy decoding is supported");
  }
  const Json& until =
      keywords.is_object() && keywords.contains("until") ? keywords["until"] : Json(task.fewshot_delimiter);
  for (const Json& stop : until.is_array() ? until : Json::array({until})) {
    if (!stop.is_string()) return reader.refuse("generation_kwargs: until must be texts");
    task.generation.until.push_back(stop.get<std::string>());
  }
  for (const char* key : {"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"}) {
    if (const auto count = base::integer_at(keywords, key)) {
      if (*count < 1 || *count > 1'000'000) return reader.refuse(fmt::format("{} is out of range", key));
      task.generation.max_gen_toks = static_cast<int>(*count);
      break;
    }
  }
  const Json& repeats = reader.at("repeats");
  if (repeats.is_number_integer() && repeats.get<std::int64_t>() > 1) {
    task.warnings.push_back("repeats is ignored: greedy answers do not differ");
  }
  return {};
}

Result<MetricSpec> metric_from(const Reader& reader, const Task& task, const Json& entry) {
  const auto metric = base::string_at(entry, "metric");
  if (!metric) return reader.refuse("metric_list: an entry needs the name of a metric");
  const auto rule = std::find_if(kMetricRules.begin(), kMetricRules.end(),
                                 [&](const MetricRule& known) { return known.name == *metric; });
  const bool from_squad = task.process_results == KnownFunction::squad_process_results && *metric == "f1";
  if (rule == kMetricRules.end()) return reader.refuse(fmt::format("metric '{}' is not supported", *metric));
  const std::vector<std::string> types = base::split(rule->output_types, ' ');
  if (!from_squad && std::find(types.begin(), types.end(), name(task.output_type)) == types.end()) {
    return reader.refuse(
        fmt::format("metric '{}' does not fit output_type {}", *metric, name(task.output_type)));
  }
  MetricSpec spec{*metric, base::string_at(entry, "aggregation").value_or(std::string(rule->aggregation)),
                  entry};
  const bool known_aggregation =
      spec.aggregation == "mean" ||
      std::any_of(kMetricRules.begin(), kMetricRules.end(),
                  [&](const MetricRule& known) { return known.aggregation == spec.aggregation; });
  if (!known_aggregation)
    return reader.refuse(fmt::format("aggregation '{}' is not supported", spec.aggregation));
  for (const Json& pattern : base::child_at(entry, "regexes_to_ignore")) {
    TRY(score::Pattern::compile(pattern.is_string() ? pattern.get<std::string>() : "("));
  }
  return spec;
}

base::Status read_metrics(const Reader& reader, Task& task) {
  Json list = reader.at("metric_list");
  if (!list.is_array() || list.empty()) {
    list = Json::array();
    for (const auto& [type, metrics] : kDefaultMetrics) {
      if (type != task.output_type) continue;
      for (const std::string& metric : base::split(metrics, ' ')) list.push_back(Json{{"metric", metric}});
    }
  }
  for (const Json& entry : list) {
    TRY_ASSIGN(MetricSpec spec, metric_from(reader, task, entry));
    task.metrics.push_back(std::move(spec));
  }
  return {};
}

base::Status read_filters(const Reader& reader, Task& task) {
  for (const Json& entry : reader.at("filter_list")) {
    FilterSpec spec{base::string_at(entry, "name").value_or("none"), base::child_at(entry, "filter")};
    if (const auto made = score::FilterPipeline::make(spec.steps); !made) {
      return reader.refuse(made.error().message, made.error().hint);
    }
    task.filters.push_back(std::move(spec));
  }
  if (task.filters.empty()) task.filters.push_back({"none", Json::array({Json{{"function", "take_first"}}})});
  return {};
}

void warn_of_unknown_keys(const Json& config, Task& task) {
  for (const auto& [key, value] : config.items()) {
    if (std::find(kKnownKeys.begin(), kKnownKeys.end(), key) == kKnownKeys.end()) {
      task.warnings.push_back(fmt::format("key '{}' is not known and has no effect", key));
    }
  }
}

void read_tags(const Reader& reader, Task& task) {
  const Json& tags = reader.at("tag");
  for (const Json& tag : tags.is_array() ? tags : Json::array({tags})) {
    if (tag.is_string()) task.tags.push_back(tag.get<std::string>());
  }
}

}  // namespace

std::string_view name(OutputType type) {
  switch (type) {
    case OutputType::multiple_choice:
      return "multiple_choice";
    case OutputType::loglikelihood:
      return "loglikelihood";
    case OutputType::loglikelihood_rolling:
      return "loglikelihood_rolling";
    case OutputType::generate_until:
      break;
  }
  return "generate_until";
}

std::string metric_key(const Task& task, const std::string& metric, const FilterSpec& filter) {
  return task.filters.size() == 1 ? metric : fmt::format("{},{}", metric, filter.name);
}

Result<Task> task_from(const Json& config, const std::filesystem::path& file) {
  const Reader reader(config, file);
  Task task;
  task.file = file;
  task.config = config;
  TRY_ASSIGN(task.name, reader.text("task", ""));
  if (task.name.empty()) return reader.refuse("needs a name behind 'task:'");
  TRY_ASSIGN(task.alias, reader.text("task_alias", task.name));
  TRY_ASSIGN(task.output_type, output_type_from(reader));
  read_tags(reader, task);
  TRY_ASSIGN(task.data, data_source_from(config, file));
  TRY(read_splits(reader, task));
  TRY(read_texts(reader, task));
  TRY(read_fewshot(reader, task));
  TRY(read_generation(reader, task));
  TRY(read_metrics(reader, task));
  TRY(read_filters(reader, task));
  warn_of_unknown_keys(config, task);
  return task;
}

}  // namespace bantam::evaluate
