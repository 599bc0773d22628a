#include "cli/datasets.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "analyze/analysis.hpp"
#include "chart/dataset.hpp"
#include "plan/precision.hpp"
#include "predict/limits.hpp"
#include "run/machine.hpp"

namespace bantam::cli {
namespace {

using base::Result;

// The records of each machine by itself, in the order of their first.
std::vector<std::vector<record::Record>> by_machine(const std::vector<record::Record>& records) {
  std::vector<std::string> identities;
  std::vector<std::vector<record::Record>> groups;
  for (const record::Record& record : records) {
    const std::string identity = machine_identity(record);
    const auto found = std::ranges::find(identities, identity);
    const auto place = static_cast<std::size_t>(found - identities.begin());
    if (found == identities.end()) {
      identities.push_back(identity);
      groups.emplace_back();
    }
    groups[place].push_back(record);
  }
  return groups;
}

// What this machine can do at most, for the roofline of what was measured on it.
void add_limits(std::vector<base::Json>& datasets) {
  const run::Machine machine = run::describe_machine(".");
  const auto limits = predict::kept_limits(machine);
  if (!limits) return;
  for (base::Json& dataset : datasets) {
    for (base::Json& device : dataset["devices"]) {
      if (device["identity"] != machine.device_identity) continue;
      device["bytes_per_s"] = limits->bytes_per_s;
      device["flop_per_s"] = limits->operations_per_s;
    }
  }
}

}  // namespace

void add_base_precision(CLI::App& command, std::string& precision) {
  command.add_option("--base-precision", precision, "what the others are compared with [the most bits]")
      ->type_name("P");
}

Result<std::vector<MachineResults>> analyze_machines(Stores& stores, const std::string& base_precision) {
  std::string precision;
  if (!base_precision.empty()) {
    TRY_ASSIGN(const plan::Precision parsed, plan::parse_precision(base_precision));
    precision = parsed.name;
  }
  std::vector<MachineResults> all;
  for (const auto& records : by_machine(stores.records)) {
    const std::string machine = machine_identity(records.front());
    const analyze::ScoreSource items = stores.scores(machine);
    TRY_ASSIGN(auto analysis, analyze::analyze(records, items, precision));
    all.push_back({machine, std::move(analysis), items});
  }
  return all;
}

Result<base::Json> make_dataset(Stores& stores, const MachineResults& results, const std::string& title) {
  return chart::make_dataset({results.analysis, results.items, stores.trials(results.machine), title});
}

Result<std::vector<base::Json>> make_datasets(Stores& stores, const std::string& title,
                                              const std::string& base_precision) {
  TRY_ASSIGN(const auto machines, analyze_machines(stores, base_precision));
  std::vector<base::Json> datasets;
  for (const MachineResults& results : machines) {
    TRY_ASSIGN(datasets.emplace_back(), make_dataset(stores, results, title));
  }
  add_limits(datasets);
  return datasets;
}

}  // namespace bantam::cli
