#pragma once
// How the least memory of a performance cell was found (task_info.min_memory).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"

namespace bantam::record {

struct MinMemory {
  struct Try {
    std::int64_t limit_bytes = 0;
    std::string outcome;                       // measure::name(UnderLimit)
    std::optional<double> request_s;           // absent where it did not run to its end
    std::optional<std::int64_t> major_faults;  // the fewest in one request
  };

  // cgroup_v2, cgroup_v1: by limits. pages_used: no limit could be set; then the value is a lower bound.
  std::string method;
  std::optional<std::int64_t> limit_bytes;         // the smallest limit that worked
  std::optional<std::int64_t> failed_limit_bytes;  // the largest one below it that did not
  std::vector<Try> tries;
  // Of the requests without a limit.
  std::optional<double> request_s;
  std::optional<std::int64_t> private_bytes;
  std::optional<std::int64_t> file_used_bytes;      // pages of the model's file that they read
  std::optional<std::int64_t> file_resident_bytes;  // all of its pages that were mapped in
  // The program's own mapped pages. They are in memory before the worker starts, so a limit does not count
  // them, and they are added.
  std::optional<std::int64_t> program_bytes;
  std::optional<std::string> absent;  // why there is no value
};
base::Json to_json(const MinMemory& found);
MinMemory min_memory_from(const base::Json& json);

// Absent when it was not asked for.
std::optional<MinMemory> min_memory(const Record& record);
void set_min_memory(Record& record, const MinMemory& found);

// The metric min_memory_bytes: with the interval between the two limits where there are both; absent where
// nothing was found.
std::optional<Value> min_memory_value(const MinMemory& found);

}  // namespace bantam::record
