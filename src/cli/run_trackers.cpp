#include "cli/run_trackers.hpp"

#include <fmt/format.h>

#include "cli/tracker_options.hpp"
#include "record/record.hpp"
#include "tracker/wandb.hpp"

namespace bantam::cli {
namespace {

tracker::WandbOptions options_of(const plan::Tracking& tracking) {
  tracker::WandbOptions options;
  if (!tracking.project.empty()) options.project = tracking.project;
  if (!tracking.name.empty()) options.name = tracking.name;
  options.entity = tracking.entity;
  options.tags = tracking.tags;
  return options;
}

}  // namespace

base::Status check_tracking(const plan::Tracking& tracking) {
  return tracking.is_wanted() ? tracker::check(options_of(tracking)) : base::Status{};
}

base::Result<std::vector<std::string>> leave_for_trackers(const plan::Plan& plan,
                                                          const plan::Tracking& tracking,
                                                          const std::vector<run::PreparedCell>& cells,
                                                          store::Store& store) {
  if (!tracking.is_wanted()) return std::vector<std::string>{};
  std::vector<record::Record> records;
  for (const run::PreparedCell& cell : cells) {
    TRY_ASSIGN(auto record, store.find_record(cell.key));
    if (record) records.push_back(*std::move(record));
  }
  TRY_ASSIGN(const tracker::Runs runs, runs_of(records, store));
  TRY_ASSIGN(const auto written,
             tracker::write_wandb(plan.output_dir, runs, options_of(tracking), base::Existing::replace));
  std::vector<std::string> lines;
  for (const auto& folder : written.folders)
    lines.push_back(fmt::format("upload with: wandb sync {}", folder.string()));
  return lines;
}

}  // namespace bantam::cli
