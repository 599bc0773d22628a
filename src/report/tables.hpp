#pragma once
// An analysis as tables of short texts for people: what is in which place, and what is marked. Knows nothing
// of terminals or Markdown. All texts that came from records have their control characters made visible.

#include <cstddef>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"

namespace bantam::report {

enum class Mark {
  none,
  best,     // the best of its column or, in a comparison, better than the base
  shared,   // not to be told from the best or, in a comparison, from the base
  worse,    // worse than the base
  problem,  // failed, skipped or invalid
};

struct Cell {
  std::string text;
  Mark mark = Mark::none;
};

struct Table {
  std::string title;
  std::size_t key_columns = 2;  // the first ones: left-aligned, repeated when a wide table is split
  std::vector<std::string> heads;
  std::vector<std::vector<Cell>> rows;  // each as long as `heads`
  std::vector<std::string> remarks;     // below the table, one line each
};

// Speed, memory and size, accuracy, impact on speed and memory, impact on scores. Tables and columns without
// any value are left out; what is absent for the same reason everywhere is a remark.
std::vector<Table> tables_of(const analyze::Analysis& analysis);

}  // namespace bantam::report
