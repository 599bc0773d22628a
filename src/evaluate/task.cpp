#include "evaluate/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "evaluate/task_metrics.hpp"
#include "evaluate/task_reader.hpp"

namespace bantam::evaluate {
namespace {

using base::Json;

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
                                "unsafe_code",
                                "task_list",
                                "use_prompt"};

OutputType read_output_type(TaskReader& reader) {
  const std::string text = reader.text("/output_type", "generate_until");
  for (const auto type : {OutputType::multiple_choice, OutputType::loglikelihood,
                          OutputType::loglikelihood_rolling, OutputType::generate_until}) {
    if (name(type) == text) return type;
  }
  reader.refuse("/output_type", fmt::format("output_type '{}' is not known", text),
                "use multiple_choice, loglikelihood, loglikelihood_rolling or generate_until");
  return OutputType::generate_until;
}

void read_data(TaskReader& reader, Task& task) {
  auto data = data_source_from(reader.file().config, reader.file().file);
  if (data) {
    task.data = *std::move(data);
  } else {
    reader.refuse(data.error(), reader.at("/dataset_kwargs").is_null() ? "/dataset_path" : "/dataset_kwargs");
  }
  const std::string training = reader.text("/training_split", "");
  const std::string validation = reader.text("/validation_split", "");
  const std::string test = reader.text("/test_split", "");
  task.test_split = test.empty() ? validation : test;
  if (task.test_split.empty()) {
    reader.refuse("", "needs test_split or validation_split", "name the split whose rows are asked");
  } else if (data && !task.data.may_have(task.test_split)) {
    reader.refuse(test.empty() ? "/validation_split" : "/test_split",
                  fmt::format("data_files has no split '{}'", task.test_split));
  }
  task.fewshot.split = reader.text("/fewshot_config/split", reader.text("/fewshot_split", ""));
  task.fewshot.samples = reader.at("/fewshot_config/samples");
  if (task.fewshot.split.empty() && task.fewshot.samples.empty()) {
    task.fewshot.split = !training.empty() ? training : !validation.empty() ? validation : test;
  }
}

std::string plain_prefix(TaskReader& reader, const std::string& pointer, const std::string& otherwise) {
  std::string prefix = reader.text(pointer, otherwise);
  if (prefix.find("{{") != std::string::npos || prefix.find("{%") != std::string::npos)
    reader.refuse(pointer, "gen_prefix: templates are not supported", "write the text itself");
  return prefix;
}

void read_texts(TaskReader& reader, Task& task) {
  task.doc_to_text = reader.field("/doc_to_text");
  task.doc_to_target = reader.field("/doc_to_target");
  task.doc_to_choice = reader.field("/doc_to_choice");
  task.description = reader.template_text("/description", "");
  task.target_delimiter = reader.text("/target_delimiter", " ");
  task.fewshot_delimiter = reader.text("/fewshot_delimiter", "\n\n");
  task.gen_prefix = plain_prefix(reader, "/gen_prefix", "");
  task.process_docs = reader.function("/process_docs", FunctionUse::rows);
  task.process_results = reader.function("/process_results", FunctionUse::results);
  if (reader.at("/doc_to_target").is_null()) reader.refuse("", "needs doc_to_target");
  if (task.output_type == OutputType::multiple_choice && reader.at("/doc_to_choice").is_null())
    reader.refuse("/output_type", "a multiple_choice task needs doc_to_choice");
  const Json& choices = task.doc_to_choice;
  if (choices.is_structured() && choices.empty())
    reader.refuse("/doc_to_choice", "doc_to_choice has no choices");
  for (const char* key : {"/use_prompt", "/class", "/custom_dataset", "/doc_to_image", "/doc_to_audio"}) {
    if (reader.at(key).is_null()) continue;
    reader.refuse(key, fmt::format("{} is not supported", key + 1),
                  "only texts asked by templates can be run");
  }
}

void check_samples(TaskReader& reader, const Task& task) {
  const Json& samples = task.fewshot.samples;
  if (samples.is_null()) return;
  const auto called = base::string_at(samples, "!function");
  if (called) {
    reader.refuse("/fewshot_config/samples",
                  fmt::format("samples needs the Python function '{}', which cannot run here", *called),
                  "write the examples into the task file");
  } else if (!samples.is_array()) {
    reader.refuse("/fewshot_config/samples", "samples must be a list of rows");
  }
  for (std::size_t i = 0; samples.is_array() && i < samples.size(); ++i) {
    if (!samples[i].is_object())
      reader.refuse(fmt::format("/fewshot_config/samples/{}", i),
                    "an example must be a row: keys and values");
  }
}

void read_fewshot(TaskReader& reader, Task& task) {
  const auto field_or = [&](const std::string& key, const Json& own) {
    const std::string pointer = "/fewshot_config/" + key;
    return reader.at(pointer).is_null() ? own : reader.field(pointer);
  };
  FewshotSpec& spec = task.fewshot;
  spec.doc_to_text = field_or("doc_to_text", task.doc_to_text);
  spec.doc_to_target = field_or("doc_to_target", task.doc_to_target);
  spec.doc_to_choice = field_or("doc_to_choice", task.doc_to_choice);
  spec.target_delimiter = reader.text("/fewshot_config/target_delimiter", task.target_delimiter);
  spec.fewshot_delimiter = reader.text("/fewshot_config/fewshot_delimiter", task.fewshot_delimiter);
  spec.gen_prefix = plain_prefix(reader, "/fewshot_config/gen_prefix", task.gen_prefix);
  spec.sampler = reader.text("/fewshot_config/sampler", "default");
  if (spec.sampler != "default" && spec.sampler != "first_n") {
    reader.refuse("/fewshot_config/sampler", fmt::format("few-shot sampler '{}' is not known", spec.sampler),
                  "use first_n, or leave it away for a seeded random choice");
  }
  check_samples(reader, task);
  // lm-eval 0.4.13 reads fewshot_indices and does not use them.
  if (!reader.at("/fewshot_config/fewshot_indices").is_null()) {
    task.warnings.push_back(reader.warning("/fewshot_config/fewshot_indices",
                                           "fewshot_indices has no effect, as in lm-eval 0.4.13"));
  }
  if (!reader.at("/fewshot_config/process_docs").is_null())
    reader.function("/fewshot_config/process_docs", FunctionUse::rows);
  task.num_fewshot = static_cast<int>(reader.count("/num_fewshot", 0, 0));
}

void read_generation(TaskReader& reader, Task& task) {
  constexpr std::int64_t kDefaultTokens = 256;
  if (reader.boolean("/generation_kwargs/do_sample", false)) {
    reader.refuse("/generation_kwargs/do_sample",
                  "generation_kwargs: do_sample: only greedy decoding is supported",
                  "write do_sample: false");
  }
  const Json& until = reader.at("/generation_kwargs/until");
  for (const Json& stop : until.is_null() ? Json::array({task.fewshot_delimiter}) : as_list(until)) {
    if (stop.is_string()) {
      task.generation.until.push_back(stop.get<std::string>());
    } else {
      reader.refuse("/generation_kwargs/until", "generation_kwargs: until must be texts");
    }
  }
  for (const char* key : {"max_gen_toks", "max_new_tokens", "max_tokens", "max_completion_tokens"}) {
    const std::string pointer = fmt::format("/generation_kwargs/{}", key);
    if (reader.at(pointer).is_null()) continue;
    task.generation.max_gen_toks = static_cast<int>(reader.count(pointer, kDefaultTokens, 1));
    break;
  }
  if (reader.count("/repeats", 1, 1) > 1) {
    task.warnings.push_back(reader.warning(
        "/repeats", "repeats has no effect: greedy answers do not differ, each item is asked once"));
  }
}

void warn_of_unknown_keys(const TaskReader& reader, Task& task) {
  std::vector<std::string> known(kKnownKeys.begin(), kKnownKeys.end());
  for (const auto& [key, value] : reader.file().config.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto close = base::closest(key, known);
    task.warnings.push_back(
        reader.warning("/" + key, fmt::format("key '{}' is not known and has no effect{}", key,
                                              close ? fmt::format("; did you mean {}?", *close) : "")));
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

CheckedTask check_task(const TaskFile& file) {
  TaskReader reader(file);
  Task task;
  task.file = file.file;
  task.config = file.config;
  task.name = reader.text("/task", "");
  if (task.name.empty()) reader.refuse("/task", "needs a name behind 'task:'");
  task.alias = reader.text("/task_alias", task.name);
  task.tags = texts_of(file.config, "tag");
  task.output_type = read_output_type(reader);
  read_data(reader, task);
  read_texts(reader, task);
  read_fewshot(reader, task);
  read_generation(reader, task);
  read_metrics(reader, task);
  read_filters(reader, task);
  warn_of_unknown_keys(reader, task);
  if (reader.has_problems()) return {std::nullopt, reader.take_problems()};
  return {std::move(task), {}};
}

base::Result<Task> task_from(const TaskFile& file) {
  CheckedTask checked = check_task(file);
  if (checked.task) return *std::move(checked.task);
  return tl::unexpected(checked.problems.front().error());
}

}  // namespace bantam::evaluate
