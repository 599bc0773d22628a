#pragma once
// Writes a store's accuracy results as lm-evaluation-harness 0.4.13 names and lays out its files:
// DIR/MODEL__PRECISION/results_DATE.json and samples_TASK_DATE.jsonl. The date is that of the results, so the
// same results written again have the same names. Each file is written atomically, the results after all
// samples: where they are, the export is whole. Names of models and tasks become safe file names.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/result.hpp"
#include "exchange/export_files.hpp"
#include "exchange/sources.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// lm-eval's model_name: "MODEL/PRECISION".
std::string model_name(const analyze::Configuration& configuration);

// lm-eval's sanitize_model_name: runs of "<>:/|\?*[] become "__". What is left is no path; a name of dots
// alone becomes "__".
std::string sanitized(std::string_view name);

// "2026-01-31T12-00-00.000000" of a time stamp, as in lm-eval's file names.
std::string file_date(std::string_view utc_timestamp);

// One results file for each model and precision; of several records of one cell the newest counts. An
// `output_path` that ends in .json gives STEM_DATE.json and puts the samples beside it: usage unless there is
// one configuration. usage, too, when a file is there with other content and is to be kept, or when two names
// give one file name. bad_input when there is nothing to write; storage when a file cannot be written.
base::Result<ExportedFiles> write_lm_eval(const std::filesystem::path& output_path,
                                          const std::vector<record::Record>& records, const ItemSource& items,
                                          Existing existing);

}  // namespace bantam::exchange
