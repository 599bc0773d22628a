#pragma once
// What `bantam engines list` shows. Prints nothing.

#include <string>
#include <vector>

#include "table/render.hpp"

namespace bantam::report {

// An engine program that comes with bantam.
struct ListedEngine {
  std::string name;
  std::string what;                   // which models it takes
  std::vector<std::string> packages;  // pinned, "torch==2.9.1"
  std::string own_python;             // of the user, which has the packages; empty: none is named
  std::string environment;            // its folder; empty while it is not there
};

// There is no CSV of it.
std::string engines_page(const std::vector<ListedEngine>& engines, table::Format format,
                         const table::TerminalStyle& style);

}  // namespace bantam::report
