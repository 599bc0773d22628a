#pragma once
// Configurations as runs of an experiment on an MLflow tracking server: settings as params, figures and
// rounds as metrics, outcomes, evidence and versions as tags. A run bears the hash of its results in the tag
// bantam.results: the same results are not sent again, and a run that was left half sent is completed.

#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "tracker/mlflow_server.hpp"
#include "tracker/run.hpp"

namespace bantam::tracker {

struct MlflowOptions {
  std::string experiment = "bantam";
  std::string name = kUsualName;                          // template of the runs' names
  std::vector<std::pair<std::string, std::string>> tags;  // beside our own
};
// usage for names and tags that MLflow does not take.
base::Status check(const MlflowOptions& options);

struct MlflowRun {
  std::string id;
  std::string name;
  std::string state;  // "created", "completed", "there already"
};

// The bodies of the requests runs/log-batch that a run takes, each within MLflow's limits: 1000 entries, 1000
// metrics, 100 params, 100 tags and 1 MB.
std::vector<base::Json> mlflow_batches(const Run& run, const MlflowOptions& options,
                                       const std::string& run_id);

// In the order of the runs. Errors name the run; what was sent before stays, and the same call again goes on.
base::Result<std::vector<MlflowRun>> export_mlflow(MlflowServer& server, const Runs& runs,
                                                   const MlflowOptions& options);

}  // namespace bantam::tracker
