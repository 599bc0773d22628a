#pragma once
// From a line's JSON to the record or row that it holds, which may have come from anywhere.

#include "base/json.hpp"
#include "base/result.hpp"
#include "record/block.hpp"
#include "record/record.hpp"

namespace bantam::bundle {

// bad_input when the JSON is none of this version's, holds anything more, or numbers that no measurement has.
base::Result<record::Record> checked_record(const base::Json& json);
base::Result<record::Trial> checked_trial(const base::Json& json);
base::Result<record::Block> checked_block(const base::Json& json);
base::Result<record::Item> checked_item(const base::Json& json);

}  // namespace bantam::bundle
