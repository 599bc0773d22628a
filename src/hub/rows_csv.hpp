#pragma once
// CSV and TSV text as rows; the rules stand in rows.hpp.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "hub/rows.hpp"

namespace bantam::hub {

// `columns` names the columns of a text without a head; empty: the first record does. `text` is valid UTF-8;
// `file` names it in messages. bad_input for an unclosed quote, a field longer than 64 MiB, a record with
// another number of fields than the first one, or a column named twice.
base::Result<PlacedRows> rows_of_csv(std::string_view text, char separator,
                                     const std::vector<std::string>& columns, const std::string& file);

}  // namespace bantam::hub
