#include "report/resources_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "record/resources.hpp"
#include "report/phrases.hpp"

namespace bantam::report {
namespace {

using analyze::Analysis;
using analyze::Configuration;
using record::PhaseBound;
using table::Cell;
using table::Mark;
using table::Table;

struct Column {
  std::string_view phase;
  std::string_view head;
};
constexpr auto kPhases = std::to_array<Column>(
    {{"load_cold", "Cold load"}, {"load_warm", "Warm load"}, {"prefill", "Prefill"}, {"decode", "Decode"}});
constexpr auto kMetrics = std::to_array<std::string_view>(
    {"decode_mbu", "prefill_mfu", "decode_cpus", "prefill_cpus", "decode_ipc"});

std::string in_words(std::string bound) {
  std::ranges::replace(bound, '_', ' ');
  return bound;
}

Cell bound_cell(const std::vector<PhaseBound>& bounds, std::string_view phase) {
  const auto found = std::ranges::find(bounds, phase, &PhaseBound::phase);
  if (found == bounds.end() || found->bound.empty()) return {"–", Mark::none};
  return {base::printable(fmt::format("{} {:.0f} %", in_words(found->bound), 100.0 * found->share)),
          Mark::none};
}

// Why, and what would help, of the phases that requests are made of.
void add_notes(Table& table, const Configuration& configuration, const std::vector<PhaseBound>& bounds) {
  for (const std::string_view phase : {"prefill", "decode"}) {
    const auto found = std::ranges::find(bounds, phase, &PhaseBound::phase);
    if (found == bounds.end() || found->reason.empty()) continue;
    std::string note =
        fmt::format("{} {} {}: {}", configuration.model, configuration.setup(), phase, found->reason);
    if (!found->remedies.empty())
      note += fmt::format(". What would help: {}", base::join(found->remedies, "; "));
    table.notes.push_back(base::printable(note + "."));
  }
}

}  // namespace

Table resources_table(const Analysis& analysis) {
  Table table("What holds it up", 2, {"Model", "Precision"});
  std::vector<const Configuration*> rows;
  for (const Configuration& configuration : analysis.configurations) {
    const auto cell = configuration.cells.find(std::string(analyze::kResources));
    if (cell != configuration.cells.end() && !record::phase_bounds(cell->second).empty())
      rows.push_back(&configuration);
  }
  if (rows.empty()) return table;
  for (const Column& column : kPhases) table.add_column(std::string(column.head));
  std::vector<std::string_view> metrics;
  for (const std::string_view name : kMetrics) {
    const auto has_it = [name](const Configuration* one) {
      return metric_entry(*one, name).value.has_value();
    };
    if (std::ranges::none_of(rows, has_it)) continue;
    metrics.push_back(name);
    table.add_column(std::string(metric::find_metric(name)->title));
  }
  for (const Configuration* configuration : rows) {
    const auto bounds = record::phase_bounds(configuration->cells.at(std::string(analyze::kResources)));
    std::vector<Cell> row{{configuration->model, Mark::none}, {configuration->setup(), Mark::none}};
    for (const Column& column : kPhases) row.push_back(bound_cell(bounds, column.phase));
    for (const std::string_view name : metrics) {
      const auto value = metric_entry(*configuration, name).value;
      row.push_back({value ? with_spread(*metric::find_metric(name), *value) : "–", Mark::none});
    }
    table.rows.push_back(std::move(row));
    add_notes(table, *configuration, bounds);
  }
  return table;
}

}  // namespace bantam::report
