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

namespace bantam::evaluate {

enum class OutputType { multiple_choice, loglikelihood, loglikelihood_rolling, generate_until };
std::string_view name(OutputType type);

// lm-eval's Python functions that task files name with !function and that have a counterpart here.
enum class KnownFunction {
  hellaswag_process_docs,
  wikitext_detokenizer,
  wikitext_process_results,
  squad_process_results,
};

struct MetricSpec {
  std::string name;         // acc, exact_match, word_perplexity, ...
  std::string aggregation;  // mean, perplexity, weighted_perplexity, bits_per_byte, brier_score, f1,
                            // matthews_corrcoef
  base::Json options;       // ignore_case, regexes_to_ignore, ...
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

// The texts doc_to_* are a column's name or a Jinja template, or for choices a list; null when absent.
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
  std::optional<KnownFunction> process_target;  // doc_to_target is a function
  std::optional<KnownFunction> process_results;
  std::vector<std::string> warnings;  // unknown keys and the like
};

// A key of an item's or task's metrics: the metric's name, with ",filter" where the task has several filters.
std::string metric_key(const Task& task, const std::string& metric, const FilterSpec& filter);

// bad_input, naming `file` and the key, when something needed is missing, of the wrong kind or not supported
// (unknown functions, output types, metrics and aggregations by name). `config` is the file's content with
// its includes merged in.
base::Result<Task> task_from(const base::Json& config, const std::filesystem::path& file);

}  // namespace bantam::evaluate
