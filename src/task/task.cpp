#include "task/task.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "base/yaml.hpp"
#include "task/code.hpp"
#include "task/generation.hpp"
#include "task/metric_list.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::array kFileKinds{"json", "csv", "tsv"};
constexpr std::string_view kHubFile = "hf://datasets/";

class Reader {
 public:
  Reader(const Json& config, const std::filesystem::path& file)
      : path_(base::string_at(config, "dataset_path").value_or("")),
        name_(base::string_at(config, "dataset_name").value_or("")),
        keywords_(base::child_at(config, "dataset_kwargs")),
        file_(file) {}

  Result<DataSource> read() const {
    DataSource source;
    TRY(read_format(source));
    const Json& files = member("data_files");
    if (files.is_null() || files.empty()) {
      TRY(read_dataset(source));
    } else {
      TRY(read_files(files, source));
    }
    return source;
  }

 private:
  tl::unexpected<base::Error> refuse(const std::string& message, const std::string& hint = {}) const {
    return base::fail(ErrorKind::bad_input, fmt::format("{}: {}", file_.string(), message), hint);
  }

  const Json& member(const char* key) const {
    static const Json kNull;
    const auto found = keywords_.is_object() ? keywords_.find(key) : keywords_.end();
    return !keywords_.is_object() || found == keywords_.end() ? kNull : *found;
  }

  std::string keyword(const char* key) const { return base::string_at(keywords_, key).value_or(""); }

  base::Status read_format(DataSource& source) const {
    const Json& names = member(member("column_names").is_null() ? "names" : "column_names");
    for (const Json& column : names) {
      if (!column.is_string()) return refuse("dataset_kwargs: column_names must be texts");
      source.format.columns.push_back(column.get<std::string>());
    }
    const std::string separator = keyword(member("delimiter").is_null() ? "sep" : "delimiter");
    if (separator.size() > 1) return refuse("dataset_kwargs: delimiter must be one character");
    if (!separator.empty()) source.format.separator = separator.front();
    if (!member("field").is_null() && keyword("field").empty())
      return refuse("dataset_kwargs: field must be the name of a key");
    source.format.field = keyword("field");
    return {};
  }

  base::Status read_dataset(DataSource& source) const {
    const bool is_kind = std::find(kFileKinds.begin(), kFileKinds.end(), path_) != kFileKinds.end();
    if (path_.empty() || is_kind) {
      return refuse("no data: dataset_kwargs: data_files is missing",
                    "give dataset_kwargs: data_files: with .jsonl, .json, .csv or .tsv files, or a data set "
                    "of the hub as dataset_path: user/name");
    }
    if (!hub::parse_repository(hub::RepositoryKind::datasets, path_)) {
      return refuse(
          fmt::format("data set '{}' is not a local file and no data set of the hub", path_),
          "a data set of the hub is written user/name; local files go into dataset_kwargs: data_files:");
    }
    source.dataset = path_;
    source.format.is_typed = true;
    source.config = name_;
    source.revision = keyword("revision");
    if (!source.revision.empty() && !hub::is_commit(source.revision)) {
      return refuse("dataset_kwargs: revision of rows must be a commit (40 hexadecimal digits)",
                    "name files of the repository with data_files to read another branch or tag");
    }
    return {};
  }

  // The address of a file of the repository in dataset_path, or the file as it is.
  Result<std::string> checked_place(const std::string& text) const {
    if (text.find('*') != std::string::npos) {
      return refuse(fmt::format("data_files: '{}': patterns are not supported", text), "list the files");
    }
    if (text.find("://") != std::string::npos) {
      if (is_url(text)) return text;
      if (is_hub_file(text)) {
        TRY(parse_hub_file(text));
        return text;
      }
      return refuse(fmt::format("data_files: '{}' is no address that can be read", text),
                    "use https:// or hf://datasets/user/name/path");
    }
    const std::string folder = keyword("data_dir");
    const std::string inside = (std::filesystem::path(folder) / text).string();
    if (path_.find('/') == std::string::npos) return inside;
    if (!hub::parse_repository(hub::RepositoryKind::datasets, path_))
      return refuse(fmt::format("'{}' is no data set of the hub", path_), "it is written user/name");
    const std::string revision = keyword("revision");
    return fmt::format("{}{}{}{}/{}", kHubFile, path_, revision.empty() ? "" : "@", revision, inside);
  }

  base::Status add_files(const std::string& split, const Json& value, DataSource& source) const {
    for (const Json& one : value.is_array() ? value : Json::array({value})) {
      if (!one.is_string()) return refuse("data_files must name files");
      TRY_ASSIGN(std::string place, checked_place(one.get<std::string>()));
      source.files[split].push_back(std::move(place));
    }
    return {};
  }

  base::Status read_files(const Json& files, DataSource& source) const {
    if (!files.is_object()) return add_files("train", files, source);
    for (const auto& [split, value] : files.items()) TRY(add_files(split, value, source));
    return {};
  }

  std::string path_;
  std::string name_;
  const Json& keywords_;
  const std::filesystem::path& file_;
};

}  // namespace

std::string DataSource::text() const {
  if (!dataset.empty()) return config.empty() ? dataset : fmt::format("{} ({})", dataset, config);
  const bool any = !files.empty() && !files.begin()->second.empty();
  return any ? files.begin()->second.front() : "";
}

hub::RowSet row_set(const DataSource& source, const std::string& split) {
  return {source.dataset, source.config, split};
}

bool is_hub_file(const std::string& place) {
  return place.starts_with(kHubFile);
}

bool is_url(const std::string& place) {
  return place.starts_with("https://") || place.starts_with("http://");
}

Result<HubFile> parse_hub_file(const std::string& place) {
  const auto parts = base::split(std::string_view(place).substr(kHubFile.size()), '/');
  const auto refuse = [&] {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("'{}' is no file of the hub", base::ellipsize(base::printable(place), 120)),
                      "it is written hf://datasets/user/name[@revision]/path");
  };
  if (parts.size() < 3) return refuse();
  const std::string name = parts[1].substr(0, parts[1].find('@'));
  const std::string revision =
      name.size() == parts[1].size() ? hub::kMainRevision : parts[1].substr(name.size() + 1);
  const auto repository = hub::parse_repository(hub::RepositoryKind::datasets, parts[0] + "/" + name);
  HubFile file{repository.value_or(hub::Repository{}), revision,
               base::join(std::vector<std::string>(parts.begin() + 2, parts.end()), "/")};
  if (!repository || !hub::check_revision(revision) || !hub::check_file_name(file.name)) return refuse();
  return file;
}

Result<DataSource> data_source_from(const Json& config, const std::filesystem::path& file) {
  return Reader(config, file).read();
}

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
                                "use_prompt",
                                "class",
                                "custom_dataset",
                                "doc_to_image",
                                "doc_to_audio"};

constexpr std::string_view kFewshotKeys[] = {
    "sampler",       "split",         "process_docs", "fewshot_indices",   "samples",         "doc_to_text",
    "doc_to_choice", "doc_to_target", "gen_prefix",   "fewshot_delimiter", "target_delimiter"};
// Those of the second and third line say how the data set's library works, not what the rows are.
constexpr std::string_view kDatasetKeys[] = {"data_files",
                                             "data_dir",
                                             "revision",
                                             "column_names",
                                             "names",
                                             "delimiter",
                                             "sep",
                                             "field",
                                             "header",
                                             "trust_remote_code",
                                             "streaming",
                                             "verification_mode",
                                             "download_mode",
                                             "cache_dir",
                                             "num_proc",
                                             "keep_in_memory",
                                             "token",
                                             "use_auth_token",
                                             "storage_options",
                                             "download_config"};

OutputType read_output_type(TaskReader& reader) {
  const std::string text = reader.text("/output_type", "generate_until");
  if (const auto type = metric::output_type_from(text)) return *type;
  reader.refuse("/output_type", fmt::format("output_type '{}' is not known", text),
                "use multiple_choice, loglikelihood, loglikelihood_rolling or generate_until");
  return OutputType::generate_until;
}

// Column names stand for a head that is not there, or for the one in the first line.
void check_head(TaskReader& reader) {
  const Json& head = reader.at("/dataset_kwargs/header");
  if (head.is_null() || (head.is_string() && head == "infer")) return;
  reader.refuse("/dataset_kwargs/header", "dataset_kwargs: header is not supported",
                "leave it away: column_names describes a file without a head");
}

// Needs the task's data, but where code makes the rows.
void read_test_split(TaskReader& reader, Task& task) {
  const std::string validation = reader.text("/validation_split", "");
  const std::string test = reader.text("/test_split", "");
  task.test_split = test.empty() ? validation : test;
  if (task.test_split.empty())
    reader.refuse("", "needs test_split or validation_split", "name the split whose rows are asked");
}

void read_data(TaskReader& reader, Task& task) {
  static_cast<void>(reader.knows_keys("/dataset_kwargs", kDatasetKeys));
  check_head(reader);
  auto data = data_source_from(reader.file().config, reader.file().file);
  if (data) {
    task.data = *std::move(data);
  } else {
    reader.refuse(data.error(), reader.at("/dataset_kwargs").is_null() ? "/dataset_path" : "/dataset_kwargs");
  }
  read_test_split(reader, task);
  if (data && !task.test_split.empty() && !task.data.may_have(task.test_split)) {
    reader.refuse(reader.text("/test_split", "").empty() ? "/validation_split" : "/test_split",
                  fmt::format("data_files has no split '{}'", task.test_split));
  }
}

void read_texts(TaskReader& reader, Task& task) {
  task.doc_to_text = reader.field("/doc_to_text");
  task.doc_to_target = reader.field("/doc_to_target");
  task.doc_to_choice = reader.field("/doc_to_choice");
  task.description = reader.template_text("/description", "");
  task.target_delimiter = reader.text("/target_delimiter", " ");
  task.fewshot_delimiter = reader.text("/fewshot_delimiter", "\n\n");
  task.gen_prefix = reader.template_text("/gen_prefix", "");
  task.process_docs = reader.row_function("/process_docs");
  task.process_results = reader.results_function("/process_results");
  if (reader.at("/doc_to_target").is_null()) reader.refuse("", "needs doc_to_target");
  if (task.output_type == OutputType::multiple_choice && reader.at("/doc_to_choice").is_null())
    reader.refuse("/output_type", "a multiple_choice task needs doc_to_choice");
  const Json& choices = task.doc_to_choice;
  if (choices.is_structured() && choices.empty())
    reader.refuse("/doc_to_choice", "doc_to_choice has no choices");
}

// lm-eval 0.4.13: FewshotConfig.from_dict, ConfigurableTask.fewshot_docs and fewshot_context.
void read_examples(TaskReader& reader, Task& task) {
  const Json& own = reader.at("/fewshot_config");
  const bool splits_again = own.is_object() && own.contains("split");  // also as null
  const bool processed_again = own.is_object() && own.contains("process_docs");
  FewshotSpec& spec = task.fewshot;
  spec.split = reader.text(splits_again ? "/fewshot_config/split" : "/fewshot_split", "");
  spec.samples = reader.at("/fewshot_config/samples");
  if (reader.code().rows && reader.called("/fewshot_config/samples")) {
    static_cast<void>(reader.check_code("/fewshot_config/samples"));
    spec.samples = Json{{kCodeMark, "samples"}};
  }
  const std::string test = reader.text("/test_split", "");
  spec.leaves_item_out = spec.split == test;
  const bool is_named = !spec.split.empty();
  const RowFunction* processed =
      processed_again ? reader.row_function("/fewshot_config/process_docs") : task.process_docs;
  spec.process_docs = is_named ? processed : task.process_docs;
  if (is_named || !spec.samples.is_null()) return;
  const std::string training = reader.text("/training_split", "");
  const std::string validation = reader.text("/validation_split", "");
  spec.split = !training.empty() ? training : !validation.empty() ? validation : test;
}

void check_samples(TaskReader& reader, const Task& task) {
  const Json& samples = task.fewshot.samples;
  if (samples.is_null()) return;
  if (samples.is_object() && samples.contains(kCodeMark)) return;
  const auto called = base::string_at(samples, "!function");
  if (called) {
    reader.refuse(
        "/fewshot_config/samples",
        fmt::format("samples needs the Python function '{}', which cannot run here", *called),
        "--allow-task-code runs it with Python, under limits; or write the examples into the task file");
  } else if (!samples.is_array()) {
    reader.refuse("/fewshot_config/samples", "samples must be a list of rows");
  } else if (samples.empty()) {
    reader.refuse("/fewshot_config/samples", "samples has no rows", "write some, or leave the key away");
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
  static_cast<void>(reader.knows_keys("/fewshot_config", kFewshotKeys));
  FewshotSpec& spec = task.fewshot;
  spec.doc_to_text = field_or("doc_to_text", task.doc_to_text);
  spec.doc_to_target = field_or("doc_to_target", task.doc_to_target);
  spec.doc_to_choice = field_or("doc_to_choice", task.doc_to_choice);
  spec.target_delimiter = reader.text("/fewshot_config/target_delimiter", task.target_delimiter);
  spec.fewshot_delimiter = reader.text("/fewshot_config/fewshot_delimiter", task.fewshot_delimiter);
  spec.gen_prefix = reader.template_text("/fewshot_config/gen_prefix", task.gen_prefix);
  spec.sampler = reader.text("/fewshot_config/sampler", "default");
  if (spec.sampler != "default" && spec.sampler != "first_n") {
    reader.refuse("/fewshot_config/sampler", fmt::format("few-shot sampler '{}' is not known", spec.sampler),
                  "use first_n, or leave it away for a seeded random choice");
  }
  read_examples(reader, task);
  check_samples(reader, task);
  // lm-eval 0.4.13 reads fewshot_indices and does not use them.
  if (!reader.at("/fewshot_config/fewshot_indices").is_null()) {
    task.warnings.push_back(reader.warning("/fewshot_config/fewshot_indices",
                                           "fewshot_indices has no effect, as in lm-eval 0.4.13"));
  }
  if (!reader.at("/num_fewshot").is_null())
    task.num_fewshot = static_cast<int>(reader.count("/num_fewshot", 0, 0));
}

// Needs the task's texts.
void read_metadata(const TaskReader& reader, Task& task) {
  const Json& metadata = reader.at("/metadata");
  if (const Json& version = base::child_at(metadata, "version"); !version.is_null()) task.version = version;
  task.stated_items = base::integer_at(metadata, "items");
  const Json& own = base::child_at(metadata, "classifier_text");
  task.classifier_text = own.is_null() ? task.doc_to_text : own;
}

// Keys that lm-eval knows and that ask for more than templates and texts.
void refuse_other_kinds(TaskReader& reader) {
  constexpr std::pair<const char*, const char*> kHints[] = {
      {"/use_prompt", "write the prompt as doc_to_text and doc_to_target"},
      {"/class", "a task that is a Python class needs lm-eval itself; --allow-task-code runs functions only"},
      {"/custom_dataset",
       "--allow-task-code runs it with Python, under limits; or write its rows to a file and name that with "
       "dataset_kwargs: data_files"},
      {"/doc_to_image", "only texts can be asked, no pictures"},
      {"/doc_to_audio", "only texts can be asked, no sounds"}};
  for (const auto& [key, hint] : kHints) {
    if (reader.at(key).is_null()) continue;
    if (reader.code().custom_dataset && key == std::string_view("/custom_dataset")) {
      static_cast<void>(reader.check_code(key));
      continue;
    }
    const auto called = base::string_at(reader.at(key), "!function");
    reader.refuse(key,
                  called
                      ? fmt::format("{} needs the Python code '{}', which cannot run here", key + 1, *called)
                      : fmt::format("{} is not supported", key + 1),
                  hint);
  }
}

// lm-eval's TaskConfig takes no other key either.
void refuse_unknown_keys(TaskReader& reader) {
  const std::vector<std::string> known(kKnownKeys.begin(), kKnownKeys.end());
  for (const auto& [key, value] : reader.file().config.items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const auto close = base::closest(key, known);
    reader.refuse(base::pointer_step(key), fmt::format("key '{}' is not known", key),
                  close ? fmt::format("did you mean {}?", *close)
                        : "leave it away; notes of one's own stand under metadata:");
  }
}

void warn_of_the_file(const TaskFile& file, Task& task) {
  for (const Problem& warning : file.warnings) {
    std::string text = warning.error().message;
    if (std::find(task.warnings.begin(), task.warnings.end(), text) == task.warnings.end())
      task.warnings.push_back(std::move(text));
  }
}

}  // namespace

bool needs_code_for_scores(const Task& task) {
  return task.code && task.code->results;
}

bool has_code_process_results(const Task& task) {
  return task.code && task.code->process_results;
}

bool needs_encoder(const Task& task) {
  return std::ranges::any_of(task.metrics, [](const MetricSpec& spec) {
    return !spec.valued_by_code && spec.metric->needs_encoder();
  });
}

std::string metric_key(const Task& task, const std::string& metric, const FilterSpec& filter) {
  return task.filters.size() == 1 ? metric : fmt::format("{},{}", metric, filter.name);
}

CheckedTask check_task(const TaskFile& file, bool allow_code) {
  TaskReader reader(file, allow_code ? code_use(file) : CodeUse{});
  Task task;
  task.file = file.file;
  task.config = file.config;
  refuse_other_kinds(reader);
  // What a class makes of the other keys is not known here, nor what a function makes of those of the data.
  if (!reader.at("/class").is_null()) return {std::nullopt, reader.take_problems()};
  refuse_unknown_keys(reader);
  task.name = reader.text("/task", "");
  if (task.name.empty()) reader.refuse("/task", "needs a name behind 'task:'");
  task.alias = reader.text("/task_alias", task.name);
  task.tags = texts_at(file.config, "tag");
  task.output_type = read_output_type(reader);
  if (reader.at("/custom_dataset").is_null()) read_data(reader, task);
  if (reader.code().custom_dataset) read_test_split(reader, task);
  read_texts(reader, task);
  read_fewshot(reader, task);
  read_generation(reader, task);
  read_metrics(reader, task);
  read_filters(reader, task);
  read_metadata(reader, task);
  warn_of_the_file(file, task);
  if (reader.has_problems()) return {std::nullopt, reader.take_problems()};
  task.code = code_of(reader, task);
  return {std::move(task), {}};
}

}  // namespace bantam::task
