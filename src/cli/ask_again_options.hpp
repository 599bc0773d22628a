#pragma once
// --ask-again and what belongs to it: items of a store or bundle asked of their models once more.

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "reask/ask_cells.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace bantam::cli {

struct AskAgainOptions {
  std::string items;  // of each cell
  std::string doc_ids;
  std::string seed;
  std::vector<std::string> models;
  std::vector<std::string> include_paths;
  bool offline = false;
  bool dry_run = false;
  bool quiet = false;
  const CLI::Option* asked = nullptr;              // --ask-again
  std::vector<const CLI::Option*> belonging = {};  // what means nothing without it
};

void add_ask_again_options(CLI::App& command, AskAgainOptions& options);

// Absent when nothing is to be asked; usage for what is no number, no item or no model, and for an option
// that belongs to --ask-again and stands without it. The seed is drawn where none is given.
base::Result<std::optional<reask::Request>> ask_again_request(const AskAgainOptions& options);

// Asks, with a line on stderr that shows how far it is. The errors of ask_again/ask_again.hpp; `signal`
// becomes the one that interrupted it.
base::Result<reask::Outcome> ask_with_progress(const reask::Cells& cells, const reask::Request& request,
                                               bool quiet, std::optional<int>& signal);

}  // namespace bantam::cli
