#pragma once
// The Python functions of lm-evaluation-harness 0.4.13 that task files name with !function and that have a
// counterpart here. This is the table of their names, and those of them that make rows and texts; the ones
// that score answers are in evaluate/known_results.hpp.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::task {

enum class KnownFunction {
  // process_docs
  hellaswag_process_docs,
  truthfulqa_process_docs_gen,
  drop_process_docs,
  // doc_to_text, doc_to_target, doc_to_choice
  wikitext_detokenizer,
  winogrande_doc_to_text,
  winogrande_doc_to_target,
  winogrande_doc_to_choice,
  copa_doc_to_text,
  copa_doc_to_target,
  copa_doc_to_choice,
  coqa_doc_to_text,
  coqa_doc_to_target,
  // process_results
  wikitext_process_results,
  squad_process_results,
  squad_v2_process_results,
  truthfulqa_process_results_mc2,
  truthfulqa_process_results_gen,
  drop_process_results,
  coqa_process_results,
  ifeval_process_results,
  // aggregation
  agg_inst_level_acc,
  macro_f1_score,
  micro_f1_score,
  weighted_f1_score,
};

// Where a task file may name a function.
enum class FunctionUse { rows, field, results, aggregation };

// `called`: "module.function" as the task file writes it, folders of the module left out. Many tasks have a
// utils.py, so a function of that name is known only for the tasks it belongs to. Absent when there is no
// counterpart for this use.
std::optional<KnownFunction> known_function(std::string_view called, std::string_view task_name,
                                            FunctionUse use);

// "hellaswag.process_docs": one name a function, whatever the task file calls it.
std::string_view name(KnownFunction function);
std::optional<KnownFunction> known_function_named(std::string_view name);
// "hellaswag.process_docs, ...", for messages.
std::string known_function_list(FunctionUse use);

// The row that a process_docs function makes of a row. bad_input, naming the column, when one is missing or
// of another kind.
base::Result<base::Json> processed_row(KnownFunction function, const base::Json& row);

// What a doc_to_* function gives for a row: text, an index, or a list. The same errors.
base::Result<base::Json> field_value(KnownFunction function, const base::Json& row);

// The page of a wikitext row without the tokenizer's spaces.
base::Result<std::string> wikitext_detokenized(std::string_view page);

}  // namespace bantam::task
