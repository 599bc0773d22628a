#pragma once
// From the text of a bundle, which comes from a stranger, to the cells that it holds, each with what is not
// as it was written. Does not look at figures (bundle/check.hpp).

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "bundle/form.hpp"
#include "record/finished_cell.hpp"
#include "verify/verify.hpp"

namespace bantam::bundle {

struct Contents {
  Head head;
  std::string sha256;           // of all bytes before the last line
  std::int64_t unreadable = 0;  // lines that could not be taken in; they are among the findings
  std::vector<verify::Finding> findings;
};

using OnCell = std::function<base::Status(record::FinishedCell cell, BasisFrom from)>;

// Calls on_cell for each record with what could be read of its rows. bad_input when the text is no bundle, is
// of another version or too long, and what on_cell gives; all else is a finding: a line that is no JSON or
// not what was written, rows that are missing, more, twice or of no record, a hash that is not that of the
// content, and what stands behind the last line.
base::Result<Contents> read(std::string_view text, const OnCell& on_cell);

}  // namespace bantam::bundle
