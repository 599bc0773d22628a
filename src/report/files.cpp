#include "report/files.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "report/json.hpp"
#include "report/render.hpp"

namespace bantam::report {
namespace {

using base::Json;

// One entry per trial, with the cell it belongs to.
base::Result<std::vector<Json>> trial_lines(const analyze::Analysis& analysis, const TrialSource& trials) {
  std::vector<Json> lines;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      TRY_ASSIGN(const auto list, trials(record.cell_key, record.attempt));
      for (const record::Trial& trial : list) {
        Json line{{"model", record.model}, {"precision", record.precision}, {"task", task}};
        line.update(record::to_json(trial));
        lines.push_back(std::move(line));
      }
    }
  }
  return lines;
}

}  // namespace

base::Status write_result_files(const std::filesystem::path& folder, const analyze::Analysis& analysis,
                                const TrialSource& trials) {
  TRY(base::write_file_atomically(folder / "results_table.csv", render_results_csv(analysis)));
  TRY(base::write_file_atomically(folder / "quantization_impact.csv", render_impact_csv(analysis)));
  std::string complete = render_json(analysis);
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
         (base::file_name_from(record.task) + ".json");
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

}  // namespace bantam::report
