#pragma once
// Items as lm-evaluation-harness 0.4.13 writes them with --log_samples: one JSON object for each item and
// filter, with the names, the nesting and the text forms of its samples_*.jsonl. Pure functions; know nothing
// of files.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// What a record says of one of its tasks (Record::task_info["tasks"]).
struct TaskFacts {
  std::string name;
  std::string output_type;
  std::vector<std::string> filters;  // at least one
  std::vector<std::string> metrics;
  base::Json generation;  // lm-eval's second argument of a generate_until request
};
TaskFacts task_facts_from(const base::Json& facts);

// Filter by filter, each with all items of this task in the order given, as lm-eval does.
std::vector<base::Json> samples_of(const TaskFacts& task, const std::vector<record::Item>& items);

// lm-eval's task_hashes entry: the hash of all hashes of the samples.
std::string task_hash_of(const std::vector<base::Json>& samples);

// str(x) of a Python float: the shortest text that reads back to it.
std::string python_float(double value);

}  // namespace bantam::exchange
