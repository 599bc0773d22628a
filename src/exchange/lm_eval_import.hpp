#pragma once
// Results of lm-evaluation-harness 0.4.x (results_DATE.json or STEM_DATE.json, with samples_TASK_DATE.jsonl
// beside them) as records with their items. Nothing is guessed: a file that does not tell its model or its
// precision is left out, unless it is said what they are.

#include <filesystem>

#include "base/result.hpp"
#include "exchange/imported.hpp"
#include "exchange/score_files.hpp"

namespace bantam::exchange {

using LmEvalImport = ScoreImport;

// `path`: a results file, or a folder with such files up to three folders below. Files that are none of
// lm-eval's, broken, links, or without model or precision are left out with a note; of two of one model,
// precision and task the newer counts. usage when nothing is at the path; bad_input, with what was found,
// when there is no result.
base::Result<ImportedRecords> read_lm_eval(const std::filesystem::path& path, const LmEvalImport& options);

}  // namespace bantam::exchange
