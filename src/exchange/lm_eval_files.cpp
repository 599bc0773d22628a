#include "exchange/lm_eval_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyze/configuration.hpp"
#include "base/files.hpp"
#include "exchange/lm_eval_results.hpp"
#include "exchange/lm_eval_samples.hpp"

namespace bantam::exchange {
namespace {

using base::Json;
using base::Result;
using base::Status;
namespace fs = std::filesystem;

bool has_results(const analyze::Configuration& configuration) {
  return std::ranges::any_of(configuration.cells,
                             [](const auto& cell) { return is_exportable(cell.second); });
}

// Writes one configuration.
class Writer {
 public:
  Writer(const fs::path& output_path, const analyze::Configuration& configuration, ExportedFiles& files)
      : configuration_(configuration), date_(date_of(configuration)), files_(files) {
    const bool is_file = output_path.extension() == ".json";
    folder_ = is_file ? output_path.parent_path() : output_path / sanitized(model_name_of(configuration));
    stem_ = is_file ? output_path.stem().string() : "results";
  }

  Status write(const ItemSource& items) {
    for (const auto& [task, record] : configuration_.cells) {
      if (!is_exportable(record)) continue;
      TRY_ASSIGN(const auto cell_items, items(record.cell_key));
      for (const Json& facts : base::child_at(record.task_info, "tasks"))
        TRY(write_samples(task_facts_from(facts), cell_items));
    }
    const Json results = results_of(configuration_, task_hashes_);
    return write_file(fmt::format("{}_{}.json", stem_, date_), base::to_text(results, 2));
  }

 private:
  Status write_samples(const TaskFacts& task, const std::vector<record::Item>& items) {
    const std::vector<Json> samples = samples_of(task, items);
    const bool without_rows = !samples.empty() && samples.front()["doc"].empty();
    if (without_rows) files_.notes.push_back(task.name + ": its items were stored without their rows");
    task_hashes_[task.name] = task_hash_of(samples);
    std::string lines;
    for (const Json& sample : samples) lines += base::to_text(sample) + "\n";
    return write_file(fmt::format("samples_{}_{}.jsonl", task.name, date_), lines);
  }

  Status write_file(const std::string& name, const std::string& content) {
    TRY(base::make_folders(folder_.empty() ? fs::path(".") : folder_));
    const fs::path path = folder_ / name;
    TRY(base::write_file_atomically(path, content));
    files_.paths.push_back(path);
    return {};
  }

  const analyze::Configuration& configuration_;
  std::string date_;
  ExportedFiles& files_;
  fs::path folder_;
  std::string stem_;
  std::map<std::string, std::string> task_hashes_;
};

}  // namespace

Result<ExportedFiles> write_lm_eval(const fs::path& output_path, const std::vector<record::Record>& records,
                                    const ItemSource& items) {
  ExportedFiles files;
  std::vector<analyze::Configuration> configurations = analyze::gather(records, files.notes);
  std::erase_if(configurations, [](const auto& configuration) { return !has_results(configuration); });
  if (configurations.empty()) {
    return base::fail(base::ErrorKind::bad_input, "the store holds no finished accuracy task",
                      "run `bantam run --tasks accuracy` with this store first");
  }
  if (output_path.extension() == ".json" && configurations.size() > 1) {
    return base::fail(base::ErrorKind::usage,
                      fmt::format("{} is one file, and the store holds {} models and precisions",
                                  output_path.string(), configurations.size()),
                      "give a folder");
  }
  for (const analyze::Configuration& configuration : configurations)
    TRY(Writer(output_path, configuration, files).write(items));
  return files;
}

}  // namespace bantam::exchange
