#pragma once
// What all commands that write results as files of other tools have in common.

#include <string>

#include "base/existing_file.hpp"
#include "base/result.hpp"
#include "exchange/export_files.hpp"
#include "exchange/sources.hpp"
#include "store/store.hpp"

namespace CLI {
class App;
}

namespace bantam::cli {

struct ExportOptions {
  std::string store = "bantam.db";
  std::string output_path;
  bool overwrite = false;

  base::Existing existing() const { return overwrite ? base::Existing::replace : base::Existing::keep; }
};

// --store, --output-path with this text and kind of value, and --overwrite. The options outlive the parsing.
void add_export_options(CLI::App& command, ExportOptions& options, const std::string& output_text,
                        const std::string& output_type);

// usage when the file to be written is the store that is read.
base::Status check_is_not_store(const std::string& store, const std::string& output_path);

// Of a store, which outlives them.
exchange::TrialSource trials_of(store::Store& store);

// Notes to stderr, the names of the files to stdout.
base::Status print_files(const exchange::ExportedFiles& files);

}  // namespace bantam::cli
