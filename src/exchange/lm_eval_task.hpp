#pragma once
// The tasks of a configuration's records, and their settings as lm-evaluation-harness 0.4.13 writes them into
// `configs`. Pure functions; know nothing of files.

#include <string>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/json.hpp"

namespace bantam::exchange {

// Whether the record holds scores of tasks that can be written.
bool is_exportable(const record::Record& record);

// The exportable records, in the order of their tasks' names.
std::vector<const record::Record*> exportable_records(const analyze::Configuration& configuration);

// What a record says of one of its tasks (Record::task_info["tasks"]). It points into the record.
struct Leaf {
  const record::Record* record = nullptr;
  const base::Json* facts = nullptr;
  std::string name;
};

// Each task once: of several records that hold it (a task and its group), the one finished last counts.
std::vector<Leaf> leaves_of(const analyze::Configuration& configuration);

// The examples that its prompts had.
base::Json shots_of(const Leaf& leaf);

// Every member that lm-eval writes, with its defaults where the task file is silent. Functions are named, and
// credentials in dataset_kwargs are left out.
base::Json task_config_of(const Leaf& leaf);

}  // namespace bantam::exchange
