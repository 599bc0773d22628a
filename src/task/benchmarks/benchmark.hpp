#pragma once
// The Python functions of lm-evaluation-harness 0.4.13 that task files name with !function and that have a
// counterpart here, by the benchmark that brings them: rows, fields, results with their metrics. One file per
// benchmark, one list of all. Knows nothing of task files, prompts or engines.

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "metric/metric_objects.hpp"

namespace bantam::task {

struct FunctionName {
  std::string_view name;  // "hellaswag.process_docs": one name per function, whatever a task file calls it
  // python_function_hash() of its source and of other sources that do the same (scripts/python_functions.py);
  // unused ones are empty.
  std::array<std::string_view, 3> sources = {};
};

// process_docs: the rows that the function leaves, and what it makes of each. bad_input, naming the column,
// when one is missing or of another kind.
struct RowFunction {
  FunctionName is;
  base::Result<base::Json> (*row)(const base::Json& row) = nullptr;  // null: the rows stay as they are
  // Whether the row stays; null: all do.
  base::Result<bool> (*keeps)(const base::Json& row, std::string_view value) = nullptr;
  // For `keeps`, where a module makes a function for each of many values and puts it into globals():
  // `sources` are then python_module_hash(), and the function's name is what stands behind the dot of `is`.
  std::string_view value = {};
};

// doc_to_text, doc_to_target, doc_to_choice: text, an index, or a list. The same errors.
struct FieldFunction {
  FunctionName is;
  base::Result<base::Json> (*value)(const base::Json& row);
};

// A metric that a process_results function gives.
struct GivenMetric {
  const metric::TaskMetric* metric = nullptr;
  // That a task file may name, the first is the default; empty: as without the function.
  std::span<const metric::Aggregation* const> aggregations = {};
  bool right_or_wrong = false;  // 0 or 1 on every item
};

// process_results: the values of an item. All are 0..1, also SQuAD 2.0's, which lm-eval gives in percent;
// TruthfulQA's are 0..100 as there. The same errors.
struct ResultsFunction {
  FunctionName is;
  std::span<const GivenMetric> metrics;
  base::Result<metric::ItemScores> (*of_answer)(const base::Json& row, const std::string& answer) = nullptr;
  base::Result<metric::ItemScores> (*of_choices)(const base::Json& row,
                                                 std::span<const double> log_likelihoods) = nullptr;
  // The text whose words and bytes a likelihood is spread over, in place of the one that is scored.
  std::optional<std::string> (*counted_text)(const base::Json& row) = nullptr;
};

// `aggregation` of a metric: the name of the one that is computed here.
struct AggregationFunction {
  FunctionName is;
  std::string_view aggregation;
};

struct Benchmark {
  std::span<const RowFunction> rows = {};
  std::span<const FieldFunction> fields = {};
  std::span<const ResultsFunction> results = {};
  std::span<const AggregationFunction> aggregations = {};
};
std::span<const Benchmark* const> benchmarks();

// By the hash of the Python source. Null when there is no counterpart.
const RowFunction* find_row_function(std::string_view source);
// One that a module puts into globals(), by the module's hash and the name there.
const RowFunction* find_row_function(std::string_view module, std::string_view name);
const FieldFunction* find_field_function(std::string_view source);
const ResultsFunction* find_results_function(std::string_view source);
const AggregationFunction* find_aggregation_function(std::string_view source);

// By FunctionName::name. Null when there is none.
const RowFunction* row_function_named(std::string_view name);
const FieldFunction* field_function_named(std::string_view name);
const ResultsFunction* results_function_named(std::string_view name);
const AggregationFunction* aggregation_function_named(std::string_view name);

// "hellaswag.process_docs, ...", for messages.
std::string row_function_names();
std::string field_function_names();
std::string results_function_names();
std::string aggregation_function_names();

}  // namespace bantam::task
