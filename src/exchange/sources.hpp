#pragma once
// Where exports get the raw data of a cell: from whoever holds them.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "analyze/scores.hpp"
#include "base/result.hpp"
#include "record/record.hpp"

namespace bantam::exchange {

// The items of a cell with their content.
using analyze::ItemSource;
// The trials of an attempt, in the order of measuring.
using TrialSource = std::function<base::Result<std::vector<record::Trial>>(const std::string& cell_key,
                                                                           std::int64_t attempt)>;

// The same one after another, so that they need not be held together: each is handed to `take`, whose error
// ends it and is passed on.
using TakeItem = std::function<base::Status(record::Item item)>;
using EachItem = std::function<base::Status(const std::string& cell_key, const TakeItem& take)>;
using TakeTrial = std::function<base::Status(record::Trial trial)>;
using EachTrial =
    std::function<base::Status(const std::string& cell_key, std::int64_t attempt, const TakeTrial& take)>;

}  // namespace bantam::exchange
