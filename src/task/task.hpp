#pragma once
// Where a task's rows come from, as its file says: files here, files at an address, files of a data set's
// repository, or a data set of the hub row by row. Reads nothing and asks nobody; task/task_data.hpp
// finds and fetches.
//
// Keys of the task file, as in lm-eval:
//   dataset_path    "json", "csv" or "tsv" with data_files; or a data set of the hub, user/name
//   dataset_name    the data set's configuration; absent: its only or default one
//   dataset_kwargs  data_files  a file, a list of files, or split -> file(s). Each is a path, an https
//   address,
//                               or hf://datasets/user/name[@revision]/path; with a data set in dataset_path a
//                               path inside its repository
//                   data_dir    a folder before each path of data_files
//                   revision    of the repository: branch, tag or commit. For rows: the commit they must be
//                   of column_names (or names), delimiter (or sep)   of a CSV file without a head

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
#include "task/known_functions.hpp"
#include "task/task_file.hpp"

namespace bantam::task {

struct DataSource {
  // Split -> files as described above; empty when the rows come from the hub one by one.
  std::map<std::string, std::vector<std::string>> files;
  hub::RowsFormat format;  // of the files
  std::string dataset;     // "user/name" of the rows on the hub; empty when there are files
  std::string config;      // empty: the data set's only or default one
  std::string revision;    // of the rows; empty: any

  // Of rows on the hub nobody knows before they are asked for: true.
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

// A task of lm-evaluation-harness's YAML dialect, checked: what to ask, with which examples, how to score.
// Knows nothing of engines, and reads no data file.

enum class OutputType { multiple_choice, loglikelihood, loglikelihood_rolling, generate_until };
std::string_view name(OutputType type);

struct MetricSpec {
  std::string name;         // acc, exact_match, word_perplexity, ...
  std::string aggregation;  // one that task/task_metrics.hpp lists for the metric
  base::Json options;       // the whole entry: ignore_case, regexes_to_ignore, average, ...
};

struct FilterSpec {
  std::string name;
  base::Json steps;  // what score::FilterPipeline::make reads
};

// How few-shot examples are chosen and written; the texts default to the task's own.
struct FewshotSpec {
  std::string split;    // empty: no examples can be given
  std::string sampler;  // "default" (Python's random.sample) or "first_n"
  base::Json samples;   // rows in the task file itself, in place of a split; null when absent
  base::Json doc_to_text;
  base::Json doc_to_target;
  base::Json doc_to_choice;
  std::string target_delimiter;
  std::string fewshot_delimiter;
  std::string gen_prefix;
};

struct GenerationSpec {
  std::vector<std::string> until;
  int max_gen_toks = 256;
};

// The doc_to_* are a column's name or a Jinja template, for choices a list, or {"!function": NAME} with the
// name of a known function; null when absent.
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
  std::string gen_prefix;
  int num_fewshot = 0;
  FewshotSpec fewshot;
  GenerationSpec generation;
  std::vector<MetricSpec> metrics;
  std::vector<FilterSpec> filters;  // at least one
  std::optional<KnownFunction> process_docs;
  std::optional<KnownFunction> process_results;
  std::vector<std::string> warnings;  // unknown keys and the like
};

// A key of an item's or task's metrics: the metric's name, with ",filter" where the task has several filters.
std::string metric_key(const Task& task, const std::string& metric, const FilterSpec& filter);

struct CheckedTask {
  std::optional<Task> task;       // absent when there are problems
  std::vector<Problem> problems;  // all of them: what is missing, of the wrong kind or not supported, by name
};
CheckedTask check_task(const TaskFile& file);

// The first problem as an error.
base::Result<Task> task_from(const TaskFile& file);

}  // namespace bantam::task
