#pragma once
// A task of lm-evaluation-harness's YAML dialect, checked: what to ask, with which examples, how to score.
// Knows nothing of engines, and reads no data file.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/data_source.hpp"
#include "evaluate/known_functions.hpp"
#include "evaluate/task_file.hpp"

namespace bantam::evaluate {

enum class OutputType { multiple_choice, loglikelihood, loglikelihood_rolling, generate_until };
std::string_view name(OutputType type);

struct MetricSpec {
  std::string name;         // acc, exact_match, word_perplexity, ...
  std::string aggregation;  // one that evaluate/task_metrics.hpp lists for the metric
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

}  // namespace bantam::evaluate
