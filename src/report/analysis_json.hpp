#pragma once
// An analysis as JSON. Absent values are missing keys.

#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.hpp"
#include "base/json.hpp"

namespace bantam::report {

// {"generator", "configurations": [{"model", "precision", "results": {task: record}}], "impacts", "winners",
// "notes"}
base::Json to_json(const analyze::Analysis& analysis);

// The same with "records", all that were given, and where there are `items` with those of every record, one
// per line. An error of `items` is passed on.
base::Result<std::string> json_with_records(const analyze::Analysis& analysis,
                                            const std::vector<record::Record>& records,
                                            const analyze::ItemSource& items);

// {"model", "precision", "base_model", "base_precision", "changes": {metric: ...}, "scores", "refused"}
base::Json impact_json(const analyze::Impact& impact);

// `object` indented, with one more member: `key`, an array whose entries stand on one line each. Keeps files
// with thousands of raw samples readable.
std::string text_with_lines(const base::Json& object, std::string_view key,
                            const std::vector<base::Json>& lines);

}  // namespace bantam::report
