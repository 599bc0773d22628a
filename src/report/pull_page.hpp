#pragma once
// What `bantam models pull` and `bantam tasks pull` show, each result as soon as it is there; as JSON all of
// them at the end. Prints nothing.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "model/hub_model.hpp"
#include "model/reference.hpp"

namespace bantam::report {

// What is to be fetched for a reference, or was.
struct PulledModel {
  model::Reference reference;
  model::HubFiles files;
  std::optional<model::HubModel> model;  // absent in a dry run
};

base::Json to_json(const PulledModel& pulled);
// For a shell: the path to open, or in a dry run one line per file.
std::string pulled_lines(const PulledModel& pulled);
// "fetched someone/tiny at 7e010b362d5e: 1 file, 2.86 MiB (2.86 MiB over the network)".
std::string pull_summary(const PulledModel& pulled);

// What came, or in a dry run would come, for one name: a task, or a group with all of its tasks.
struct PulledTask {
  std::string name;
  std::size_t tasks = 0;
  std::int64_t rows = 0;
  std::uint64_t bytes = 0;
  std::size_t places = 0;  // splits and files that were missing; in a dry run only
};

base::Json to_json(const PulledTask& pulled, bool dry_run);
// "mmlu (57 tasks): fetched 14042 rows, 6.1 MiB"
std::string pulled_lines(const PulledTask& pulled, bool dry_run);

}  // namespace bantam::report
