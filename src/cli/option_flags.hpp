#pragma once
// The plan's option table as CLI11 flags.

#include <map>
#include <string>
#include <vector>

#include "plan/options.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

// Holds what was parsed; must outlive the parsing.
class OptionFlags {
 public:
  void add_to(CLI::App& app) { add_to(app, {}); }
  // Only the options of these names, or all when there are none.
  void add_to(CLI::App& app, const std::vector<std::string>& names);
  // In the table's order, given flags only. List arguments are split at commas and spaces, unless they name
  // an existing file or folder as they stand.
  plan::OptionValues values() const;

 private:
  std::map<std::string, std::vector<std::string>> texts_;
  std::map<std::string, bool> toggles_;
  std::map<std::string, const void*> given_;  // CLI::Option, to ask whether it was on the command line
};

}  // namespace bantam::cli
