#include "task/code.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <string>

#include "base/yaml.hpp"
#include "task/metric_list.hpp"

namespace bantam::task {
namespace {

using base::Json;

constexpr std::array kFields{"/doc_to_text",
                             "/doc_to_target",
                             "/doc_to_choice",
                             "/fewshot_config/doc_to_text",
                             "/fewshot_config/doc_to_target",
                             "/fewshot_config/doc_to_choice"};
// What code may be asked for, by the part of the run.
constexpr std::array kOfRows{"process_docs",  "doc_to_text",    "doc_to_target",
                             "doc_to_choice", "fewshot_config", "custom_dataset"};
constexpr std::array kOfResults{"process_results", "metric_list"};
constexpr std::array kLeftOut{"doc_to_decontamination_query", "doc_to_image", "doc_to_audio", "class"};

bool rows_need_code(const TaskFile& file) {
  TaskReader probe(file);
  for (const char* pointer : {"/process_docs", "/fewshot_config/process_docs"}) {
    if (probe.called(pointer)) static_cast<void>(probe.row_function(pointer));
  }
  for (const char* pointer : kFields) {
    if (probe.called(pointer)) static_cast<void>(probe.field(pointer));
  }
  return probe.has_problems() || probe.called("/fewshot_config/samples").has_value();
}

// Where no function stands among what gives the scores, a problem is the file's own.
bool results_need_code(const TaskFile& file) {
  TaskReader probe(file);
  bool any = probe.called("/process_results").has_value();
  const Json& metrics = probe.at("/metric_list");
  for (std::size_t i = 0; metrics.is_array() && i < metrics.size(); ++i) {
    const std::string pointer = fmt::format("/metric_list/{}", i);
    any = any || probe.called(pointer + "/metric") || probe.called(pointer + "/aggregation");
  }
  if (!any) return false;
  Task trial;
  trial.output_type =
      metric::output_type_from(base::string_at(file.config, "output_type").value_or("generate_until"))
          .value_or(OutputType::generate_until);
  trial.process_results = probe.results_function("/process_results");
  if (!probe.has_problems()) read_metrics(probe, trial);
  return probe.has_problems();
}

// The value with functions as the runner reads them.
Json marked(const TaskFile& file, const Json& value, const std::string& pointer) {
  if (const auto called = base::string_at(value, "!function")) {
    std::error_code error;
    const auto folder = std::filesystem::absolute(file.place(pointer).file.parent_path(), error);
    return {{"$function", *called}, {"folder", folder.lexically_normal().string()}};
  }
  if (value.is_object()) {
    Json map = Json::object();
    for (const auto& [key, one] : value.items())
      map[key] = marked(file, one, pointer + base::pointer_step(key));
    return map;
  }
  if (!value.is_array()) return value;
  Json list = Json::array();
  for (std::size_t i = 0; i < value.size(); ++i)
    list.push_back(marked(file, value[i], fmt::format("{}/{}", pointer, i)));
  return list;
}

template <typename Keys>
void erase_keys(Json& config, const Keys& keys) {
  for (const char* key : keys) config.erase(key);
}

// lm-eval 0.4.13: ConfigurableTask.fewshot_docs. What the runner applies to examples is what stands in
// fewshot_config.
void settle_examples(const TaskReader& reader, Json& config) {
  const Json& own = reader.at("/fewshot_config");
  const auto has = [&own](const char* key) { return own.is_object() && own.contains(key); };
  const Json& split = reader.at(has("split") ? "/fewshot_config/split" : "/fewshot_split");
  const bool is_named = split.is_string() && !split.get_ref<const std::string&>().empty();
  Json fewshot = base::child_at(config, "fewshot_config");
  if (!fewshot.is_object()) fewshot = Json::object();
  if (!is_named || !has("process_docs")) fewshot["process_docs"] = base::child_at(config, "process_docs");
  if (base::child_at(fewshot, "samples").is_array()) fewshot.erase("process_docs");
  config["fewshot_config"] = std::move(fewshot);
}

// Metrics that a value of code is added up for: by which function, where the file only names one.
void settle_aggregations(const Task& task, Json& config) {
  for (const MetricSpec& spec : task.metrics) {
    if (!spec.added_by_code) continue;
    Json& entry = config["metric_list"][spec.entry];
    const auto name = base::string_at(entry, "aggregation");
    const std::string_view function =
        code_aggregation(name ? std::string_view(*name) : default_aggregation(*spec.metric));
    if (!function.empty() && !base::child_at(entry, "aggregation").is_object())
      entry["aggregation"] = {{"$function", function}, {"folder", task.file.parent_path().string()}};
  }
}

}  // namespace

std::string_view code_aggregation(std::string_view name) {
  constexpr std::pair<std::string_view, std::string_view> kFunctions[] = {
      {"perplexity", "lm_eval.api.metrics.perplexity"},
      {"weighted_perplexity", "lm_eval.api.metrics.weighted_perplexity"},
      {"bits_per_byte", "lm_eval.api.metrics.bits_per_byte"},
      {"f1", "lm_eval.api.metrics.f1_score"}};
  const auto found =
      std::ranges::find(kFunctions, name, &std::pair<std::string_view, std::string_view>::first);
  return found == std::end(kFunctions) ? std::string_view() : found->second;
}

CodeUse code_use(const TaskFile& file) {
  const bool custom = TaskReader(file).called("/custom_dataset").has_value();
  return {true, custom || rows_need_code(file), custom, results_need_code(file)};
}

std::optional<TaskCode> code_of(const TaskReader& reader, const Task& task) {
  const auto by_code = [](const MetricSpec& spec) { return spec.valued_by_code || spec.added_by_code; };
  TaskCode code;
  code.rows = reader.code().rows;
  code.custom_dataset = reader.code().custom_dataset;
  code.process_results = reader.code().results && reader.called("/process_results").has_value();
  const bool filters = std::ranges::any_of(task.filters, &FilterSpec::by_code);
  code.results = code.process_results || filters || std::ranges::any_of(task.metrics, by_code);
  if (!code.rows && !code.results) return std::nullopt;
  code.config = marked(reader.file(), reader.file().config, "");
  erase_keys(code.config, kLeftOut);
  if (code.rows) settle_examples(reader, code.config);
  if (!code.rows) erase_keys(code.config, kOfRows);
  settle_aggregations(task, code.config);
  if (!reader.code().results) erase_keys(code.config, kOfResults);
  if (!filters) code.config.erase("filter_list");
  return code;
}

}  // namespace bantam::task
