#include "exchange/lm_eval_files.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "analyze/configuration.hpp"
#include "exchange/lm_eval_results.hpp"
#include "exchange/lm_eval_samples.hpp"
#include "exchange/lm_eval_task.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

std::string model_name(const analyze::Configuration& configuration) {
  return configuration.model + "/" + configuration.precision;
}

std::string sanitized(std::string_view name) {
  constexpr std::string_view kReplaced = "\"<>:/|\\?*[]";
  std::string clean;
  bool in_run = false;
  for (const char c : name) {
    const bool is_replaced = kReplaced.find(c) != std::string_view::npos;
    if (!is_replaced) clean += c;
    if (is_replaced && !in_run) clean += "__";
    in_run = is_replaced;
  }
  return clean.find_first_not_of('.') == std::string::npos ? "__" : clean;
}

std::string file_date(std::string_view utc_timestamp) {
  std::string date(utc_timestamp);
  std::ranges::replace(date, ':', '-');
  if (date.ends_with('Z')) date.pop_back();
  return date + ".000000";
}

namespace {

using base::Json;
using base::Result;
using base::Status;
namespace fs = std::filesystem;

// Where one configuration goes.
struct Target {
  fs::path folder;
  std::string stem;  // of the results file

  Target(const fs::path& output_path, const analyze::Configuration& configuration) {
    const bool is_file = output_path.extension() == ".json";
    folder = is_file ? output_path.parent_path() : output_path / sanitized(model_name(configuration));
    stem = is_file ? output_path.stem().string() : "results";
    if (folder.empty()) folder = ".";
  }
};

// Writes one configuration.
class Writer {
 public:
  Writer(const Target& target, const analyze::Configuration& configuration, Existing existing,
         ExportedFiles& files)
      : target_(target),
        configuration_(configuration),
        existing_(existing),
        date_(newest_date(configuration)),
        files_(files) {}

  Status write(const ItemSource& items) {
    const std::vector<Leaf> leaves = leaf_tasks(configuration_);
    for (const record::Record* record : exportable_records(configuration_)) {
      TRY_ASSIGN(const auto cell_items, items(record->cell_key));
      for (const Leaf& leaf : leaves) {
        if (leaf.record == record) TRY(write_samples(*record, leaf.facts, cell_items));
      }
    }
    const Json results = results_json(configuration_, task_hashes_);
    return write_file(fmt::format("{}_{}.json", target_.stem, date_), base::to_text(results, 2));
  }

 private:
  Status write_samples(const record::Record& record, const record::TaskFacts& task,
                       const std::vector<record::Item>& items) {
    if (record::is_imported(record) &&
        std::ranges::find(items, task.name, &record::Item::task) == items.end()) {
      files_.notes.push_back(task.name + ": its results were imported without samples");
      return {};
    }
    const auto is_hashed = [&task](const record::Item& item) {
      return item.task == task.name && is_hash_alone(item);
    };
    if (std::ranges::any_of(items, is_hashed)) {
      files_.notes.push_back(task.name + ": its items are hashes of their texts");
      return {};
    }
    SampleLines lines = sample_lines(task, items);
    if (lines.without_rows) files_.notes.push_back(task.name + ": its items were stored without their rows");
    task_hashes_[task.name] = std::move(lines.hash);
    return write_file(fmt::format("samples_{}_{}.jsonl", sanitized(task.name), date_), lines.text);
  }

  Status write_file(const std::string& name, const std::string& content) {
    return write_export(target_.folder / name, content, existing_, files_);
  }

  const Target& target_;
  const analyze::Configuration& configuration_;
  Existing existing_;
  std::string date_;
  ExportedFiles& files_;
  std::map<std::string, std::string> task_hashes_;
};

std::vector<NamedFolder> folders_of(const std::vector<analyze::Configuration>& configurations) {
  std::vector<NamedFolder> folders;
  for (const analyze::Configuration& configuration : configurations) {
    const std::string name = model_name(configuration);
    folders.push_back({name, sanitized(name)});
  }
  return folders;
}

}  // namespace

Result<ExportedFiles> write_lm_eval(const fs::path& output_path, const std::vector<record::Record>& records,
                                    const ItemSource& items, Existing existing) {
  ExportedFiles files;
  std::vector<analyze::Configuration> configurations = analyze::gather(records, files.notes);
  std::erase_if(configurations,
                [](const auto& configuration) { return exportable_records(configuration).empty(); });
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
  TRY(check_folders(folders_of(configurations)));
  for (const analyze::Configuration& configuration : configurations) {
    const Target target(output_path, configuration);
    TRY(Writer(target, configuration, existing, files).write(items));
  }
  return files;
}

}  // namespace bantam::exchange
