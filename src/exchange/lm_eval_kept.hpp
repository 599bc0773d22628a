#pragma once
// What records that were read from lm-evaluation-harness's files keep of them, so that an export says the
// same again. Pure functions; know nothing of files.

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// Members of the results JSON with one entry for each task and group; all others are of the whole run, but
// for `configs`, which are those of the tasks' facts.
inline constexpr auto kResultTables =
    std::to_array<std::string_view>({"results", "groups", "group_subtasks", "versions", "n-shot",
                                     "higher_is_better", "n-samples", "task_hashes"});
inline constexpr std::string_view kConfigs = "configs";

// The members that have an entry for each task and group, sorted by name as lm-eval does.
struct Tables {
  std::map<std::string, base::Json> configs, versions, shots, directions;
};

// The files' JSON, by record.
class KeptFiles {
 public:
  explicit KeptFiles(const std::vector<const record::Record*>& records);
  // Null for a record that was measured.
  const base::Json* of(const record::Record& record) const;

 private:
  std::map<const record::Record*, base::Json> files_;
};

// Puts in all entries that the file has of a task or group.
void add_kept(const base::Json& file, const std::string& name, base::Json& json, Tables& tables);
// Puts in what the file says of the run.
void add_kept_run(const base::Json& file, base::Json& json);

}  // namespace bantam::exchange
