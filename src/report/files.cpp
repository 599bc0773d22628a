#include "report/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "report/analysis_json.hpp"
#include "report/analysis_page.hpp"
#include "report/analysis_tables.hpp"
#include "report/efficiency_csv.hpp"
#include "report/fronts_csv.hpp"
#include "report/recommend_page.hpp"
#include "table/latex.hpp"

namespace bantam::report {
namespace {

using base::Json;
namespace fs = std::filesystem;

// One entry per trial, with the cell it belongs to.
base::Result<std::vector<Json>> trial_lines(const analyze::Analysis& analysis, const TrialSource& trials) {
  std::vector<Json> lines;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      TRY_ASSIGN(const auto list, trials(record.cell_key, record.attempt));
      for (const record::Trial& trial : list) {
        Json line{{"model", record.model}, {"precision", record.precision}, {"task", task}};
        if (!record.point.empty()) line["point"] = record.point;
        line.update(record::to_json(trial));
        lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

// {output_dir}/{model}/{model}_{precision}/{task}.json, sorted.
base::Result<std::vector<fs::path>> configuration_files_in(const fs::path& output_dir) {
  constexpr int kDepth = 2;  // folders between
  std::error_code error;
  if (!fs::is_directory(output_dir, error)) {
    return base::fail(base::ErrorKind::usage, fmt::format("'{}' is not a folder", output_dir.string()),
                      "give the folder that was --output-dir of bantam run");
  }
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(output_dir, options, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (it.depth() >= kDepth) it.disable_recursion_pending();
    if (it.depth() == kDepth && it->path().extension() == ".json") files.push_back(it->path());
  }
  std::ranges::sort(files);
  return files;
}

// What rests on the qualities of configurations.
base::Status write_ratings(const fs::path& folder, const analyze::Analysis& analysis,
                           const std::optional<recommend::Recommendation>& recommendation,
                           const std::optional<double>& device_price) {
  std::vector<recommend::Front> fronts;
  std::optional<recommend::TaskRanks> ranks;
  if (recommendation) {
    fronts = recommend::find_fronts(analysis, *recommendation);
    ranks = recommend::rank_by_task(analysis, *recommendation);
    const auto efficiencies = recommend::find_efficiencies(analysis, *recommendation, device_price);
    TRY(base::write_file_atomically(folder / "efficiency.csv",
                                    efficiency_csv(efficiencies, analysis, *recommendation)));
  }
  TRY(base::write_file_atomically(folder / "pareto_fronts.csv", fronts_csv(fronts, analysis)));
  TRY(base::write_file_atomically(folder / "rank_consistency.csv", ranks_csv(ranks, analysis)));
  TRY(base::write_file_atomically(folder / "task_agreement.csv", agreement_csv(ranks)));
  return base::write_file_atomically(
      folder / "executive_summary.txt",
      executive_summary(analysis, default_answer_lines(recommendation, analysis), rank_sentences(ranks)));
}

}  // namespace

base::Status write_result_files(const std::filesystem::path& folder, const analyze::Analysis& analysis,
                                const TrialSource& trials,
                                const std::optional<recommend::Recommendation>& recommendation,
                                const std::optional<double>& device_price) {
  TRY(base::write_file_atomically(folder / "results_table.csv", results_csv(analysis)));
  TRY(base::write_file_atomically(folder / "quantization_impact.csv", impact_csv(analysis)));
  TRY(base::write_file_atomically(folder / "summary_statistics.csv", summary_csv(analysis)));
  TRY(base::write_file_atomically(folder / "results_table.tex",
                                  table::latex_text(analysis_tables(analysis))));
  TRY(write_ratings(folder, analysis, recommendation, device_price));
  std::string complete = analysis_page(analysis, table::Format::json);
  if (trials) {
    TRY_ASSIGN(const auto lines, trial_lines(analysis, trials));
    complete = text_with_lines(to_json(analysis), "trials", lines);
  }
  return base::write_file_atomically(folder / "complete_results.json", complete);
}

std::filesystem::path configuration_file(const std::filesystem::path& output_dir,
                                         const record::Record& record) {
  const std::string model = base::file_name_from(record.model);
  return output_dir / model / (model + "_" + base::file_name_from(record.precision)) /
         (base::file_name_from(record.task + (record.point.empty() ? "" : " " + record.point)) + ".json");
}

base::Status write_configuration_file(const std::filesystem::path& output_dir, const record::Record& record,
                                      const std::vector<record::Trial>& trials) {
  const Json json = record::to_json(record);
  std::string text = base::to_text(json, 2) + "\n";
  if (!trials.empty()) {
    std::vector<Json> lines;
    for (const record::Trial& trial : trials) lines.push_back(record::to_json(trial));
    text = text_with_lines(json, "trials", lines);
  }
  return base::write_file_atomically(configuration_file(output_dir, record), text);
}

base::Result<StoredRecords> read_configuration_files(const fs::path& output_dir) {
  TRY_ASSIGN(const std::vector<fs::path> files, configuration_files_in(output_dir));
  StoredRecords stored;
  for (const fs::path& file : files) {
    TRY_ASSIGN(const std::string text, base::read_file(file));
    TRY_ASSIGN(const Json json, base::parse_json(text, file.string()));
    if (!json.is_object() || !json.contains("cell_key")) {
      stored.notes.push_back(file.string() + ": not written by bantam run, passed over");
      continue;
    }
    auto record = record::record_from(json);
    if (!record) {
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{}: {}", file.string(), record.error().message), record.error().hint);
    }
    stored.records.push_back(*std::move(record));
  }
  if (stored.records.empty()) {
    return base::fail(base::ErrorKind::bad_input, output_dir.string() + " holds no results of bantam run",
                      "give the folder that was its --output-dir, or --store");
  }
  return stored;
}

}  // namespace bantam::report
