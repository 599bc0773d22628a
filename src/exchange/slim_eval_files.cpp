#include "exchange/slim_eval_files.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/text.hpp"
#include "exchange/lm_eval_files.hpp"
#include "exchange/python_json.hpp"
#include "exchange/slim_eval_form.hpp"
#include "exchange/slim_eval_record.hpp"
#include "record/private_parts.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using analyze::Configuration;
using base::Json;
using base::Result;
using base::Status;
using record::Record;
using Content = tl::expected<Json, std::string>;

class Writer {
 public:
  Writer(fs::path folder, const TrialSource& trials) : folder_(std::move(folder)), trials_(trials) {}

  Result<ExportedFiles> run(const std::vector<Record>& records, Existing existing) {
    std::vector<Record> passed_on = records;
    record::leave_out_private_parts(passed_on);
    const auto configurations = analyze::gather(passed_on, files_.notes);
    std::vector<NamedFolder> folders;
    for (const Configuration& one : configurations) {
      const std::size_t before = planned_.size();
      TRY(plan(one));
      if (planned_.size() > before)
        folders.push_back({one.model + " " + one.precision, folder_of(one).string()});
    }
    if (planned_.empty())
      return base::fail(
          base::ErrorKind::bad_input, "the store holds nothing that SLiM-Eval's files have a place for",
          files_.notes.empty() ? "run `bantam run` with this store first" : files_.notes.front());
    TRY(check_folders(folders));
    TRY(write_exports(planned_, existing, files_));
    return std::move(files_);
  }

 private:
  fs::path folder_of(const Configuration& configuration) const {
    const std::string name = sanitized(configuration.model);
    return folder_ / name / fmt::format("{}_{}", name, sanitized(configuration.precision));
  }

  Status plan(const Configuration& configuration) {
    const std::string& model = configuration.model;
    for (const auto& [task, record] : configuration.cells) {
      std::vector<record::Trial> trials;
      if (task == analyze::kPerformance && !record::is_imported(record)) {
        TRY_ASSIGN(trials, trials_(record.cell_key, record.attempt));
      }
      const Content content = content_of(configuration, record, model, trials);
      if (content) {
        planned_.push_back({folder_of(configuration) / (sanitized(task) + ".json"), python_text(*content)});
      } else {
        files_.notes.push_back(base::printable(
            fmt::format("{} {} {} is left out: it {}", model, configuration.setup(), task, content.error())));
      }
    }
    return {};
  }

  static Content content_of(const Configuration& configuration, const Record& record,
                            const std::string& model, const std::vector<record::Trial>& trials) {
    const auto nothing = [](std::string why) { return Content(tl::unexpected(std::move(why))); };
    if (!configuration.point.empty())
      return nothing("is a point of a sweep, which has no place in its files");
    if (record.outcome != record::Outcome::ok)
      return nothing(fmt::format("has not ended well ({})", analyze::outcome_text(record)));
    const auto origin = record::imported(record);
    if (origin && origin->tool == kSlimEvalTool) return origin->content;
    if (record.task == analyze::kPerformance) {
      if (origin)
        return nothing(fmt::format("was measured by {}, otherwise than SLiM-Eval does", origin->tool));
      if (configuration.encodes) return nothing("is of a model that writes no text");
      return slim_eval_speed(record, model, trials);
    }
    if (record.task == analyze::kEnergy) return slim_eval_energy(record, model);
    if (record::is_scored_task(record.task)) return slim_eval_score(record, model);
    return nothing("is nothing that SLiM-Eval measures");
  }

  fs::path folder_;
  const TrialSource& trials_;
  std::vector<PlannedFile> planned_;
  ExportedFiles files_;
};

}  // namespace

Result<ExportedFiles> write_slim_eval(const fs::path& folder, const std::vector<Record>& records,
                                      const TrialSource& trials, Existing existing) {
  return Writer(folder, trials).run(records, existing);
}

}  // namespace bantam::exchange
