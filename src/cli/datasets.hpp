#pragma once
// What charts and the page are made of, out of stores: one object per machine.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "cli/stores.hpp"

namespace bantam::cli {

// At least one, in the order of the machines' first records. `title` may be empty, as chart::Source says; so
// may `base_precision`: then it is the one with the most bits. usage for one that is none; errors of the
// stores are passed on.
base::Result<std::vector<base::Json>> make_datasets(Stores& stores, const std::string& title,
                                                    const std::string& base_precision);

}  // namespace bantam::cli
