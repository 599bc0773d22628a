#pragma once
// What commands that hand results to trackers of experiments have in common.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"
#include "tracker/run.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

// --run-name. The text outlives the parsing.
void add_run_name(CLI::App& command, std::string& name);

// Errors of the store, and as tracker::runs_of().
base::Result<tracker::Runs> runs_of(const std::vector<record::Record>& records, store::Store& store);
// Of all its records.
base::Result<tracker::Runs> runs_of(store::Store& store);

}  // namespace bantam::cli
