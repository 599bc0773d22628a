#pragma once
// How steady the runs of a speed measurement were within their blocks (task_info.steadiness, one entry per
// scenario): their warm-up, and outliers among those that count. Nothing of it changes a figure.

#include <cstdint>
#include <string>
#include <vector>

#include "record/record.hpp"

namespace bantam::record {

// Of the blocks that count.
struct WarmUps {
  std::int64_t blocks = 0;
  std::int64_t runs = 0;      // of all blocks together
  std::int64_t not_warm = 0;  // blocks whose runs were still getting faster when the warm-up ended
};

// By the time of a run, against the others of its block (stats/tukey.hpp).
struct Outliers {
  std::int64_t runs = 0;  // that were classified: those of blocks with enough of them
  std::int64_t low_severe = 0;
  std::int64_t low_mild = 0;
  std::int64_t high_mild = 0;
  std::int64_t high_severe = 0;
  // High ones, mild or severe, during which the program was pushed off a CPU more often, or had more page
  // faults, than in any run of the block that is no outlier.
  std::int64_t high_switched = 0;
  std::int64_t high_faulted = 0;

  std::int64_t count() const { return low_severe + low_mild + high_mild + high_severe; }
  Outliers& operator+=(const Outliers& other);
};

struct Steadiness {
  std::string scenario;
  WarmUps warm_ups;
  Outliers outliers;
};
// Empty for records of earlier versions, and of cells that were not measured in blocks.
std::vector<Steadiness> steadiness(const Record& record);
void set_steadiness(Record& record, const std::vector<Steadiness>& scenarios);

}  // namespace bantam::record
