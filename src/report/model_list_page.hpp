#pragma once
// What `bantam models list` shows. Prints nothing.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "cache/embedded.hpp"
#include "cache/kept_file.hpp"
#include "hub/hub_cache.hpp"
#include "shape/shape.hpp"
#include "table/render.hpp"

namespace bantam::report {

// All that can be named without fetching anything.
struct KnownModels {
  std::vector<cache::EmbeddedFile> embedded;  // model files
  std::vector<shape::Shape> shapes;
  std::string hub_root;
  std::vector<hub::CachedSnapshot> snapshots;  // of models
  std::string made_root;
  std::vector<cache::MadeFile> made;
};

base::Json to_json(const KnownModels& known);

// There is no CSV of it.
std::string model_list_page(const KnownModels& known, table::Format format,
                            const table::TerminalStyle& style);

}  // namespace bantam::report
