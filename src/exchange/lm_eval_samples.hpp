#pragma once
// Items as lm-evaluation-harness 0.4.13 writes them with --log_samples: one JSON object for each item and
// filter, with the names, the nesting and the text forms of its samples_*.jsonl. Pure functions; know nothing
// of files.

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "metric/task_metric.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

// How lm-eval logs the metric of items of this task; as their value where the metric is not known.
metric::LoggedAs logged_form(const record::TaskFacts& task, const std::string& metric);

// What a sample that was read says otherwise than sample_json() would, member by member, goes into the item,
// so that it is written again as it was.
void keep_as_logged(const base::Json& sample, const record::TaskFacts& task, const std::string& filter,
                    record::Item& item);

// A metric that the item has no value of is null, and not among the sample's `metrics`.
base::Json sample_json(const record::TaskFacts& task, const record::Item& item, const std::string& filter);

// Whether all that is kept of the item's content is its hash: no sample can be made of it.
bool is_hash_alone(const record::Item& item);

struct SampleLines {
  std::string text;           // one JSON object per line
  std::string hash;           // lm-eval's task_hashes entry: of the hashes of all samples
  bool without_rows = false;  // an item was stored without its row: its doc is empty
};
// Filter by filter, each with all items of this task in the order given, as lm-eval does; items that were
// read in another order have that again.
SampleLines sample_lines(const record::TaskFacts& task, const std::vector<record::Item>& items);

// In the order in which the items were read, where that is not the one of their numbers.
void keep_place(std::int64_t place, record::Item& item);

// str(x) of a Python float: the shortest text that reads back to it.
std::string python_float(double value);

}  // namespace bantam::exchange
