#pragma once
// The memory of a worker over the time of one block, and what it did meanwhile: kept with that block, and in
// the record (task_info.memory_line). Knows nothing of how it was sampled.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::record {

// What was seen at one moment; it holds until the next point.
struct MemoryPoint {
  double seconds = 0.0;            // since the worker was started
  std::int64_t rss_bytes = 0;      // pages in memory, those that other programs map too in full
  std::int64_t private_bytes = 0;  // RssAnon + RssShmem of them
  bool operator==(const MemoryPoint&) const = default;
};

struct MemoryPhase {
  std::string name;      // a scenario ("load_warm", "single_stream"), with " warm-up" behind it for that
  double begin_s = 0.0;  // as MemoryPoint::seconds, to about a sample
  double end_s = 0.0;
  bool operator==(const MemoryPhase&) const = default;
};

inline constexpr std::size_t kMostMemoryPoints = 200;
inline constexpr std::size_t kMostMemoryPhases = 32;

struct MemoryLine {
  std::int64_t round = 0;         // of the block
  std::int64_t samples = 0;       // that it was made of
  std::int64_t within_bytes = 0;  // by which a sample that was left out differs at most from its point
  std::vector<MemoryPoint> points;
  std::vector<MemoryPhase> phases;  // in the order of their begin
  bool operator==(const MemoryLine&) const = default;

  std::int64_t private_peak_bytes() const;  // 0 without points
};
base::Json to_json(const MemoryLine& line);
// bad_input, saying what is wrong, for anything that is no line: lists of different lengths, times that go
// back, more private memory than all, too many points or phases.
base::Result<MemoryLine> memory_line_from(const base::Json& json);

// Absent for records of earlier versions, where no block counts, and where what stands there is no line.
std::optional<MemoryLine> memory_line(const Record& record);
// Whether something stands at its place, readable or not.
bool has_memory_line(const Record& record);
void set_memory_line(Record& record, const MemoryLine& line);

}  // namespace bantam::record
