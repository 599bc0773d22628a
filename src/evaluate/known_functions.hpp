#pragma once
// The Python functions of lm-evaluation-harness that task files name with !function and that have a
// counterpart here, by name: hellaswag's process_docs, wikitext's detokenizer and counting rule, SQuAD v1.1
// scoring.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "evaluate/task.hpp"

namespace bantam::evaluate {

// `called`: "module.function" as the task file writes it. Absent when there is no counterpart.
std::optional<KnownFunction> known_function(std::string_view called);

// lm-eval's hellaswag rows: query, choices and gold from activity_label, ctx_a, ctx_b, endings and label; the
// other columns stay. bad_input when one of them is missing.
base::Result<base::Json> hellaswag_row(const base::Json& row);

// The page of a wikitext row without the tokenizer's spaces.
base::Result<std::string> wikitext_detokenized(std::string_view page);

}  // namespace bantam::evaluate
