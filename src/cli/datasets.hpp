#pragma once
// Stores analyzed machine by machine, and what charts and the page are made of: one object per machine.

#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "cli/stores.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

// --base-precision. The text outlives the parsing.
void add_base_precision(CLI::App& command, std::string& precision);

// What one machine measured: figures of two machines are not one table.
struct MachineResults {
  std::string machine;  // its identity; empty where the records do not tell
  analyze::Analysis analysis;
  analyze::ScoreSource items;  // does not outlive the stores
};

// At least one, in the order of the machines' first records. `base_precision` may be empty: then it is the
// one with the most bits. usage for one that is none; errors of the stores are passed on.
base::Result<std::vector<MachineResults>> analyze_machines(Stores& stores, const std::string& base_precision);

// Of one machine. `title` may be empty, as chart::Source says. Errors of the stores are passed on.
base::Result<base::Json> make_dataset(Stores& stores, const MachineResults& results,
                                      const std::string& title);

// Of all machines, with what this one can do at most.
base::Result<std::vector<base::Json>> make_datasets(Stores& stores, const std::string& title,
                                                    const std::string& base_precision);

}  // namespace bantam::cli
