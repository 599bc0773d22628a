#pragma once
// Results in the schema "every eval ever" 0.2 and 0.3 of the EvalEval coalition: one JSON object for each
// model and run, with a score for each benchmark and metric. Their files of single answers are not read.
// Nothing is guessed: a score whose metric, scale or direction is not known is left out.

#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "exchange/imported.hpp"
#include "exchange/score_files.hpp"

namespace bantam::exchange {

// What records are marked with (record::Imported) that were read from its files; and the member of a file
// with its scores. Of each record the content keeps those of its task.
inline constexpr std::string_view kEveryEvalEverTool = "every eval ever";
inline constexpr const char* kEveryEvalEverScores = "evaluation_results";

using EveryEvalEverImport = ScoreImport;

// `path`: such a file, or a folder with files up to four folders below. Files that are broken, of another
// form, links, or without a precision are left out with a note; of two of one model, precision and task the
// newer counts. usage when nothing is at the path; bad_input, with what was found, when there is no result.
base::Result<ImportedRecords> read_every_eval_ever(const std::filesystem::path& path,
                                                   const EveryEvalEverImport& options);

}  // namespace bantam::exchange
