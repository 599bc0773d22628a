#pragma once
// Runs of Weights & Biases as its own client leaves them on the disk without a network: for each
// configuration a folder DIR/wandb/offline-run-DATE_TIME-ID with run-ID.wandb and files/, which `wandb sync`
// uploads. The ID follows from what the configuration is: a run that is exported again, with more results, is
// the same run there.

#include <filesystem>
#include <string>
#include <vector>

#include "base/existing_file.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker {

struct WandbOptions {
  std::string project = "bantam";
  std::string entity;             // a user or team; empty: that of whoever uploads
  std::string name = kUsualName;  // template of the runs' names (tracker/run.hpp)
  std::vector<std::string> tags;  // beside those of model, precision and evidence
};
// usage for a project, entity, tag or name that W&B does not take.
base::Status check(const WandbOptions& options);

// The first 12 digits of Run::key.
std::string wandb_id(const Run& run);

// The summary: each figure with what is known of how sure it is.
base::Json wandb_summary(const Run& run);

// The content of run-ID.wandb.
std::string wandb_log_of(const Run& run, const WandbOptions& options, const std::string& name);

struct WandbRuns {
  std::vector<std::filesystem::path> folders;  // in the order of the runs
  std::vector<std::string> notes;
};
// Writes all runs; the .wandb file of each last. usage when a run is there with other content and is to be
// kept; storage when something cannot be written.
base::Result<WandbRuns> write_wandb(const std::filesystem::path& folder, const Runs& runs,
                                    const WandbOptions& options, base::Existing existing);

}  // namespace bantam::tracker
