#pragma once
// Result files in a folder, each written atomically: a reader sees the old file or the new one, never a part.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "base/result.hpp"
#include "recommend/recommend.hpp"
#include "record/record.hpp"

namespace bantam::report {

// The raw trials of an attempt. An empty list when there are none.
using TrialSource = std::function<base::Result<std::vector<record::Trial>>(const std::string& cell_key,
                                                                           std::int64_t attempt)>;

// results_table.csv and .tex, quantization_impact.csv, summary_statistics.csv, pareto_fronts.csv,
// efficiency.csv, rank_consistency.csv, task_agreement.csv, executive_summary.txt and complete_results.json
// (the analysis with whole records and, when `trials` is given, every raw trial). The answer begins the
// summary; without one there are no fronts, ranks and efficiencies. `device_price` as of
// recommend::find_efficiencies(). storage when one cannot be written; errors of `trials` are passed on.
base::Status write_result_files(const std::filesystem::path& folder, const analyze::Analysis& analysis,
                                const TrialSource& trials = {},
                                const std::optional<recommend::Recommendation>& recommendation = {},
                                const std::optional<double>& device_price = {});

// {output_dir}/{model}/{model}_{precision}/{task}.json: the record, whatever its outcome, and its raw trials.
// Names become safe file names (base::file_name_from), so nothing is written outside of `output_dir`.
base::Status write_configuration_file(const std::filesystem::path& output_dir, const record::Record& record,
                                      const std::vector<record::Trial>& trials);
std::filesystem::path configuration_file(const std::filesystem::path& output_dir,
                                         const record::Record& record);

// What write_configuration_file() left below `output_dir`.
struct StoredRecords {
  std::vector<record::Record> records;  // in the order of their paths
  std::vector<std::string> notes;       // JSON files at such places that are none of ours
};
// usage when `output_dir` is no folder; bad_input, naming the file, when one of ours cannot be read, or when
// there is none.
base::Result<StoredRecords> read_configuration_files(const std::filesystem::path& output_dir);

}  // namespace bantam::report
