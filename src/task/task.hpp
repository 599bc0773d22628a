#pragma once
// A task of lm-evaluation-harness's YAML dialect, checked: where its rows come from, what to ask, with which
// examples, how to score. Knows nothing of engines, and reads no data file; task/task_data.hpp finds and
// fetches what DataSource names.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "hub/repository.hpp"
#include "hub/rows.hpp"
#include "hub/rows_hub.hpp"
#include "metric/task_metric.hpp"
#include "task/benchmarks/benchmark.hpp"
#include "task/task_file.hpp"

namespace bantam::task {

// Where a task's rows come from, as its file says: files here, files at an address, files of a data set's
// repository, or a data set of the hub row by row. Keys of the task file, as in lm-eval:
//   dataset_path    "json", "csv" or "tsv" with data_files; or a data set of the hub, user/name
//   dataset_name    the data set's configuration; absent: its only or default one
//   dataset_kwargs
//     data_files    a file, a list of files, or split -> file(s). Each is a path, an https address, or
//                   hf://datasets/user/name[@revision]/path; with a data set in dataset_path a path inside
//                   its repository
//     data_dir      a folder before each path of data_files
//     revision      of the repository: branch, tag or commit. For rows: the commit they must be of
//     column_names (or names), delimiter (or sep)   of a CSV file without a head
//     field         the key of a JSON document that holds the rows
struct DataSource {
  // Split -> files as described above; empty when the rows come from the hub one by one.
  std::map<std::string, std::vector<std::string>> files;
  hub::RowsFormat format;  // of the files
  std::string dataset;     // "user/name" of the rows on the hub; empty when there are files
  std::string config;      // empty: the data set's only or default one
  std::string revision;    // of the rows; empty: any

  // True for rows on the hub, which nobody knows before they are asked for.
  bool may_have(const std::string& split) const { return !dataset.empty() || files.contains(split); }
  // What it is, in few words, for tables: "cais/mmlu (anatomy)", "data/items.jsonl".
  std::string text() const;
  bool operator==(const DataSource&) const = default;
};

// `config` is a task file with its includes merged in; `file` names it in messages. bad_input, with the key,
// for what cannot be read this way.
base::Result<DataSource> data_source_from(const base::Json& config, const std::filesystem::path& file);

// The rows of a split of a source that has no files.
hub::RowSet row_set(const DataSource& source, const std::string& split);

// What a place in DataSource::files is; neither of them: a path.
bool is_hub_file(const std::string& place);  // hf://datasets/...
bool is_url(const std::string& place);       // https://, http://

struct HubFile {
  hub::Repository repository;
  std::string revision;  // "main" when none is written
  std::string name;      // path inside the repository
};
// bad_input for a place that is not hf://datasets/user/name[@revision]/path.
base::Result<HubFile> parse_hub_file(const std::string& place);

using metric::OutputType;

struct MetricSpec {
  const metric::TaskMetric* metric = nullptr;        // never null in a checked task
  const metric::Aggregation* aggregation = nullptr;  // one of those that the task may name for it
  base::Json options;  // the whole entry: ignore_case, regexes_to_ignore, average, ...
  // Where code of the task has a part in it (TaskCode): it gives the items' values; it adds them up, and
  // `aggregation` only says so.
  bool valued_by_code = false;
  bool added_by_code = false;
  std::size_t entry = 0;  // in metric_list

  std::string name() const { return std::string(metric->name()); }
  bool operator==(const MetricSpec&) const = default;
};

struct FilterSpec {
  std::string name;
  base::Json steps;       // what score::FilterPipeline::make reads, but for those that are code
  bool by_code = false;   // code of the task is one of its steps
  std::size_t entry = 0;  // in filter_list

  bool operator==(const FilterSpec&) const = default;
};

// How few-shot examples are chosen and written; the texts default to the task's own.
struct FewshotSpec {
  std::string split;    // empty: the samples, if there are any
  std::string sampler;  // "default" (Python's random.sample) or "first_n"
  base::Json samples;   // rows in the task file itself, in place of a split; null when absent
  // lm-eval draws one more and leaves the item itself out where the keys for the examples' split and for
  // test_split hold the same, also where neither is given; elsewhere it does not look.
  bool leaves_item_out = false;
  const RowFunction* process_docs = nullptr;  // null: the split's rows stay as they are
  base::Json doc_to_text;
  base::Json doc_to_target;
  base::Json doc_to_choice;
  std::string target_delimiter;
  std::string fewshot_delimiter;
  std::string gen_prefix;  // a column's name or a template

  bool operator==(const FewshotSpec&) const = default;
};

// How the tokens of an answer are drawn: the distribution of Transformers (engine/sampling.hpp).
struct SamplingSpec {
  double temperature = 1.0;  // above 0
  int top_k = 0;             // 0: all tokens
  double top_p = 1.0;
  double min_p = 0.0;

  bool operator==(const SamplingSpec&) const = default;
};

struct GenerationSpec {
  std::vector<std::string> until;
  int max_gen_toks = 256;
  std::optional<SamplingSpec> sampling;  // absent: greedy
  int repeats = 1;                       // answers to each item; more than one only where they are drawn

  bool operator==(const GenerationSpec&) const = default;
};

// The Python functions of a task that nothing here stands for. They are run by taskcode/run.py, if the user
// allows it: those of rows before the run (task/code_rows.hpp), those of answers behind it
// (evaluate/code_scores.hpp).
struct TaskCode {
  base::Json
      config;  // the file with all that it includes; a function is {"$function": NAME, "folder": FOLDER}
  bool rows = false;             // process_docs, a doc_to_* or examples
  bool custom_dataset = false;   // they are no data of files or of the hub: code makes them
  bool process_results = false;  // gives the values of items
  bool results = false;          // anything behind the answers: process_results, a metric, a filter, ...
  std::string sha256;            // of the Python files and of what ran them; empty until they were loaded
  std::filesystem::path docs;    // the rows that the code made, once it did (task/code_rows.hpp)
  std::filesystem::path examples;

  bool operator==(const TaskCode&) const = default;
};

// In place of a doc_to_* value or of samples: {"!code": KEY}, the value that the code gave for each row.
inline constexpr std::string_view kCodeMark = "!code";

// The doc_to_* are a column's name or a Jinja template, for choices a list, {"!function": NAME} with the
// name of a known function, or {"!code": KEY}; null when absent.
struct Task {
  std::string name;
  std::string alias;  // for tables; the name when the file gives none
  std::vector<std::string> tags;
  std::filesystem::path file;  // the task file
  base::Json config;           // the file with all that it includes
  OutputType output_type = OutputType::generate_until;
  DataSource data;
  std::string test_split;  // the split that is evaluated
  base::Json doc_to_text;
  base::Json doc_to_target;
  base::Json doc_to_choice;
  std::string description;  // may be a template
  std::string target_delimiter = " ";
  std::string fewshot_delimiter = "\n\n";
  std::string gen_prefix;          // what the answer begins with: a column's name or a template
  std::optional<int> num_fewshot;  // absent: the file gives none (plan::num_fewshot())
  FewshotSpec fewshot;
  GenerationSpec generation;
  std::vector<MetricSpec> metrics;
  std::vector<FilterSpec> filters;                   // at least one
  const RowFunction* process_docs = nullptr;         // null: the rows stay as they are
  const ResultsFunction* process_results = nullptr;  // null: the metrics read the items themselves
  std::optional<TaskCode> code;                      // absent: the task needs no code
  std::vector<std::string> warnings;                 // unknown keys and the like
  std::optional<base::Json> version;                 // as the metadata has it: a number or a text
  std::optional<std::int64_t> stated_items;          // how many the metadata says there are
  base::Json classifier_text;        // what a classifier reads; the metadata's own or else doc_to_text
  std::optional<std::int64_t> rows;  // of the evaluated split; absent until someone has read them

  bool operator==(const Task&) const = default;
};

// Whether code of the task has a part in its scores, or in the values of its items.
bool needs_code_for_scores(const Task& task);
bool has_code_process_results(const Task& task);

// Whether a metric compares written answers by an embedding model.
bool needs_encoder(const Task& task);

// As JSON, exact both ways: what a parent has checked, a worker reads. bad_input, naming the member, when one
// is missing, of another kind, or names a metric, aggregation or function that is not known.
base::Json to_json(const Task& task);
base::Result<Task> task_from(const base::Json& json);

// A key of an item's or task's metrics: the metric's name, with ",filter" where the task has several filters.
std::string metric_key(const Task& task, const std::string& metric, const FilterSpec& filter);

struct CheckedTask {
  std::optional<Task> task;       // absent when there are problems
  std::vector<Problem> problems;  // all of them: what is missing, of the wrong kind or not supported, by name
};
// `allow_code`: functions that nothing here stands for are left to taskcode/run.py; else they are problems.
CheckedTask check_task(const TaskFile& file, bool allow_code = false);

}  // namespace bantam::task
