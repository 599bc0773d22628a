#include <fmt/format.h>
#include <algorithm>

#include "base/path_json.hpp"
#include "metric/code_metric.hpp"
#include "task/metric_list.hpp"
#include "task/task.hpp"

namespace bantam::task {
namespace {

using base::Json;
using base::Result;
using base::Status;

tl::unexpected<base::Error> wrong(std::string_view member) {
  return base::fail(base::ErrorKind::bad_input,
                    fmt::format("task: '{}' is missing or cannot be used", member));
}

Status read(const Json& json, const char* key, std::string& to) {
  auto text = base::string_at(json, key);
  if (!text) return wrong(key);
  to = *std::move(text);
  return {};
}

Status read(const Json& json, const char* key, int& to) {
  const auto number = base::integer_at(json, key);
  if (!number) return wrong(key);
  to = static_cast<int>(*number);
  return {};
}

Status read(const Json& json, const char* key, bool& to) {
  const auto flag = base::bool_at(json, key);
  if (!flag) return wrong(key);
  to = *flag;
  return {};
}

Status read_row_function(const Json& json, const RowFunction*& to) {
  const auto name = base::string_at(json, "process_docs");
  if (!name) return {};
  to = row_function_named(*name);
  return to == nullptr ? wrong("process_docs") : Status();
}

// Null when absent, so that a key that is missing is told.
Status read(const Json& json, const char* key, std::optional<int>& to) {
  if (json.contains(key) && base::child_at(json, key).is_null()) return {};
  return read(json, key, to.emplace());
}

Status read(const Json& json, const char* key, std::vector<std::string>& to) {
  const Json& list = base::child_at(json, key);
  if (!json.contains(key) || !list.is_array()) return wrong(key);
  for (const Json& text : list) {
    if (!text.is_string()) return wrong(key);
    to.push_back(text.get<std::string>());
  }
  return {};
}

// Any value, also null.
Status read(const Json& json, const char* key, Json& to) {
  const auto found = json.find(key);
  if (found == json.end()) return wrong(key);
  to = *found;
  return {};
}

Json to_json(const DataSource& source) {
  Json json{{"files", Json::object()},
            {"columns", source.format.columns},
            {"dataset", source.dataset},
            {"config", source.config},
            {"revision", source.revision}};
  for (const auto& [split, files] : source.files) json["files"][split] = files;
  if (!source.format.field.empty()) json["field"] = source.format.field;
  if (source.format.is_typed) json["is_typed"] = true;
  if (source.format.separator) json["separator"] = std::string(1, *source.format.separator);
  return json;
}

Result<DataSource> data_from(const Json& json) {
  DataSource source;
  for (const auto& [split, files] : base::child_at(json, "files").items()) {
    TRY(read(base::child_at(json, "files"), split.c_str(), source.files[split]));
  }
  TRY(read(json, "columns", source.format.columns));
  if (const auto separator = base::string_at(json, "separator")) {
    if (separator->size() != 1) return wrong("separator");
    source.format.separator = separator->front();
  }
  source.format.field = base::string_at(json, "field").value_or("");
  source.format.is_typed = base::bool_at(json, "is_typed").value_or(false);
  TRY(read(json, "dataset", source.dataset));
  TRY(read(json, "config", source.config));
  TRY(read(json, "revision", source.revision));
  return source;
}

Json to_json(const FewshotSpec& spec) {
  const auto process_docs = spec.process_docs != nullptr ? Json(spec.process_docs->is.name) : Json(nullptr);
  return {{"split", spec.split},
          {"leaves_item_out", spec.leaves_item_out},
          {"process_docs", process_docs},
          {"sampler", spec.sampler},
          {"samples", spec.samples},
          {"doc_to_text", spec.doc_to_text},
          {"doc_to_target", spec.doc_to_target},
          {"doc_to_choice", spec.doc_to_choice},
          {"target_delimiter", spec.target_delimiter},
          {"fewshot_delimiter", spec.fewshot_delimiter},
          {"gen_prefix", spec.gen_prefix}};
}

Result<FewshotSpec> fewshot_from(const Json& json) {
  FewshotSpec spec;
  TRY(read(json, "split", spec.split));
  TRY(read(json, "leaves_item_out", spec.leaves_item_out));
  TRY(read_row_function(json, spec.process_docs));
  TRY(read(json, "sampler", spec.sampler));
  TRY(read(json, "samples", spec.samples));
  TRY(read(json, "doc_to_text", spec.doc_to_text));
  TRY(read(json, "doc_to_target", spec.doc_to_target));
  TRY(read(json, "doc_to_choice", spec.doc_to_choice));
  TRY(read(json, "target_delimiter", spec.target_delimiter));
  TRY(read(json, "fewshot_delimiter", spec.fewshot_delimiter));
  TRY(read(json, "gen_prefix", spec.gen_prefix));
  return spec;
}

Json to_json(const SamplingSpec& sampling) {
  return {{"temperature", sampling.temperature},
          {"top_k", sampling.top_k},
          {"top_p", sampling.top_p},
          {"min_p", sampling.min_p}};
}

Status read_sampling(const Json& json, GenerationSpec& generation) {
  TRY(read(json, "repeats", generation.repeats));
  const Json& given = base::child_at(json, "sampling");
  if (given.is_null()) return {};
  SamplingSpec sampling;
  TRY(read(given, "top_k", sampling.top_k));
  for (const auto& [key, to] : {std::pair("temperature", &sampling.temperature),
                                std::pair("top_p", &sampling.top_p), std::pair("min_p", &sampling.min_p)}) {
    const auto number = base::number_at(given, key);
    if (!number) return wrong(key);
    *to = *number;
  }
  generation.sampling = sampling;
  return {};
}

Status read_output_type(const Json& json, Task& task) {
  const auto type = metric::output_type_from(base::string_at(json, "output_type").value_or(""));
  if (!type) return wrong("output_type");
  task.output_type = *type;
  return {};
}

Json to_json(const TaskCode& code) {
  return {{"config", code.config},
          {"rows", code.rows},
          {"custom_dataset", code.custom_dataset},
          {"process_results", code.process_results},
          {"results", code.results},
          {"sha256", code.sha256},
          {"docs", base::path_to_json(code.docs)},
          {"examples", base::path_to_json(code.examples)}};
}

Result<TaskCode> code_from(const Json& json) {
  TaskCode code;
  TRY(read(json, "config", code.config));
  TRY(read(json, "rows", code.rows));
  TRY(read(json, "custom_dataset", code.custom_dataset));
  TRY(read(json, "process_results", code.process_results));
  TRY(read(json, "results", code.results));
  TRY(read(json, "sha256", code.sha256));
  for (const auto& [key, to] : {std::pair("docs", &code.docs), std::pair("examples", &code.examples)}) {
    auto path = base::path_from_json(base::child_at(json, key));
    if (!path) return wrong(key);
    *to = *std::move(path);
  }
  return code;
}

Status read_functions(const Json& json, Task& task) {
  TRY(read_row_function(json, task.process_docs));
  if (const auto name = base::string_at(json, "process_results")) {
    task.process_results = results_function_named(*name);
    if (task.process_results == nullptr) return wrong("process_results");
  }
  return {};
}

// Without its options.
Result<MetricSpec> metric_from(const Json& one, const Task& task) {
  MetricSpec spec;
  const std::string name = base::string_at(one, "metric").value_or("");
  spec.valued_by_code = base::bool_at(one, "valued_by_code").value_or(false);
  spec.added_by_code = base::bool_at(one, "added_by_code").value_or(false);
  spec.entry = static_cast<std::size_t>(base::integer_at(one, "entry").value_or(0));
  spec.metric =
      spec.valued_by_code && !name.empty() ? &metric::code_metric(name) : metric::find_task_metric(name);
  if (spec.metric == nullptr) return wrong("metric");
  std::vector<const metric::Aggregation*> fitting;
  for (const metric::Aggregation* own : fitting_aggregations(task, *spec.metric)) fitting.push_back(own);
  if (spec.valued_by_code)
    fitting = {&metric::aggregations::mean, &metric::aggregations::nanmean, &metric::aggregations::median,
               &metric::aggregations::bypass};
  if (spec.added_by_code) fitting = {&metric::aggregations::python};
  const auto found = std::ranges::find(fitting, base::string_at(one, "aggregation").value_or(""),
                                       &metric::Aggregation::name);
  if (found == fitting.end()) return wrong("aggregation");
  spec.aggregation = *found;
  return spec;
}

// Needs the task's output type and functions.
Status read_metrics(const Json& json, Task& task) {
  if (!base::child_at(json, "metrics").is_array()) return wrong("metrics");
  for (const Json& one : base::child_at(json, "metrics")) {
    TRY_ASSIGN(MetricSpec spec, metric_from(one, task));
    TRY(read(one, "options", spec.options));
    task.metrics.push_back(std::move(spec));
  }
  return {};
}

Status read_filters(const Json& json, Task& task) {
  for (const Json& one : base::child_at(json, "filters")) {
    FilterSpec filter;
    TRY(read(one, "name", filter.name));
    TRY(read(one, "steps", filter.steps));
    filter.by_code = base::bool_at(one, "by_code").value_or(false);
    filter.entry = static_cast<std::size_t>(base::integer_at(one, "entry").value_or(0));
    task.filters.push_back(std::move(filter));
  }
  if (task.filters.empty()) return wrong("filters");
  return {};
}

}  // namespace

Json to_json(const Task& task) {
  Json json{{"name", task.name},
            {"alias", task.alias},
            {"tags", task.tags},
            {"file", base::path_to_json(task.file)},
            {"config", task.config},
            {"output_type", metric::name(task.output_type)},
            {"data", to_json(task.data)},
            {"test_split", task.test_split},
            {"doc_to_text", task.doc_to_text},
            {"doc_to_target", task.doc_to_target},
            {"doc_to_choice", task.doc_to_choice},
            {"description", task.description},
            {"target_delimiter", task.target_delimiter},
            {"fewshot_delimiter", task.fewshot_delimiter},
            {"gen_prefix", task.gen_prefix},
            {"num_fewshot", task.num_fewshot ? Json(*task.num_fewshot) : Json(nullptr)},
            {"fewshot", to_json(task.fewshot)},
            {"until", task.generation.until},
            {"max_gen_toks", task.generation.max_gen_toks},
            {"repeats", task.generation.repeats},
            {"metrics", Json::array()},
            {"filters", Json::array()},
            {"warnings", task.warnings},
            {"classifier_text", task.classifier_text}};
  if (task.generation.sampling) json["sampling"] = to_json(*task.generation.sampling);
  for (const MetricSpec& spec : task.metrics) {
    json["metrics"].push_back(
        {{"metric", spec.name()}, {"aggregation", spec.aggregation->name}, {"options", spec.options}});
    Json& one = json["metrics"].back();
    if (spec.valued_by_code) one["valued_by_code"] = true;
    if (spec.added_by_code) one["added_by_code"] = true;
    if (spec.entry > 0) one["entry"] = spec.entry;
  }
  for (const FilterSpec& filter : task.filters) {
    json["filters"].push_back({{"name", filter.name}, {"steps", filter.steps}});
    Json& one = json["filters"].back();
    if (filter.by_code) one["by_code"] = true;
    if (filter.entry > 0) one["entry"] = filter.entry;
  }
  if (task.code) json["code"] = to_json(*task.code);
  if (task.process_docs != nullptr) json["process_docs"] = task.process_docs->is.name;
  if (task.process_results != nullptr) json["process_results"] = task.process_results->is.name;
  base::set_if(json, "version", task.version);
  base::set_if(json, "stated_items", task.stated_items);
  base::set_if(json, "rows", task.rows);
  return json;
}

Result<Task> task_from(const Json& json) {
  Task task;
  TRY(read(json, "name", task.name));
  TRY(read(json, "alias", task.alias));
  TRY(read(json, "tags", task.tags));
  auto file = base::path_from_json(base::child_at(json, "file"));
  if (!file) return wrong("file");
  task.file = *std::move(file);
  TRY(read(json, "config", task.config));
  TRY(read_output_type(json, task));
  TRY_ASSIGN(task.data, data_from(base::child_at(json, "data")));
  TRY(read(json, "test_split", task.test_split));
  TRY(read(json, "doc_to_text", task.doc_to_text));
  TRY(read(json, "doc_to_target", task.doc_to_target));
  TRY(read(json, "doc_to_choice", task.doc_to_choice));
  TRY(read(json, "description", task.description));
  TRY(read(json, "target_delimiter", task.target_delimiter));
  TRY(read(json, "fewshot_delimiter", task.fewshot_delimiter));
  TRY(read(json, "gen_prefix", task.gen_prefix));
  TRY(read(json, "num_fewshot", task.num_fewshot));
  TRY_ASSIGN(task.fewshot, fewshot_from(base::child_at(json, "fewshot")));
  TRY(read(json, "until", task.generation.until));
  TRY(read(json, "max_gen_toks", task.generation.max_gen_toks));
  TRY(read_sampling(json, task.generation));
  TRY(read_functions(json, task));
  TRY(read_metrics(json, task));
  TRY(read_filters(json, task));
  if (const Json& code = base::child_at(json, "code"); !code.empty()) {
    TRY_ASSIGN(task.code, code_from(code));
  }
  TRY(read(json, "warnings", task.warnings));
  TRY(read(json, "classifier_text", task.classifier_text));
  if (const auto version = json.find("version"); version != json.end()) task.version = *version;
  task.stated_items = base::integer_at(json, "stated_items");
  task.rows = base::integer_at(json, "rows");
  return task;
}

}  // namespace bantam::task
