#include "cli/tracker_options.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>

namespace bantam::cli {

void add_run_name(CLI::App& command, std::string& name) {
  command
      .add_option("--run-name,--name", name,
                  "what runs are called; place holders: {model} {precision} {point} {device}")
      ->capture_default_str()
      ->type_name("TEMPLATE");
}

base::Result<tracker::Runs> runs_of(const std::vector<record::Record>& records, store::Store& store) {
  return tracker::runs_of(
      records, [&store](const std::string& key, std::int64_t attempt) { return store.blocks(key, attempt); });
}

base::Result<tracker::Runs> runs_of(store::Store& store) {
  TRY_ASSIGN(const auto records, store.records());
  return runs_of(records, store);
}

}  // namespace bantam::cli
