#pragma once
// The tasks of a configuration's records, and their settings as lm-evaluation-harness 0.4.13 writes them into
// `configs`. Pure functions; know nothing of files.

#include <string>
#include <string_view>
#include <vector>

#include "analyze/configuration.hpp"
#include "base/json.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

// What records are marked with (record::Imported) that were read from its files.
inline constexpr std::string_view kLmEvalTool = "lm-evaluation-harness";

// Whether the record holds scores of tasks that can be written: measured here, or read from lm-eval's files.
bool is_exportable(const record::Record& record);

// The exportable records, in the order of their tasks' names.
std::vector<const record::Record*> exportable_records(const analyze::Configuration& configuration);

// One task of a record.
struct Leaf {
  const record::Record* record = nullptr;
  record::TaskFacts facts;
};

// Each task once: of several records that hold it (a task and its group), the one finished last counts.
std::vector<Leaf> leaf_tasks(const analyze::Configuration& configuration);

// The settings of a task without credentials in dataset_kwargs.
base::Json without_credentials(base::Json config);

// The examples that its prompts had.
std::int64_t shots(const Leaf& leaf);

// Every member that lm-eval writes, with its defaults where the task file is silent. Functions are named, and
// credentials in dataset_kwargs are left out.
base::Json task_config(const Leaf& leaf);

}  // namespace bantam::exchange
