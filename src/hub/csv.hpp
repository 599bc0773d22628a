#pragma once
// CSV and TSV: a text -> rows.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "hub/rows.hpp"

namespace bantam::hub {

// `columns` names the columns of a text without a head; empty: the first record does. `text` is valid UTF-8;
// `file` names it in messages. Errors as of read_rows().
base::Result<PlacedRows> read_csv(std::string_view text, char separator,
                                  const std::vector<std::string>& columns, const std::string& file);

}  // namespace bantam::hub
