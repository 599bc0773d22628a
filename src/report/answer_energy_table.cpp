#include "report/answer_energy_table.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "metric/catalogue.hpp"
#include "report/sensor_text.hpp"

namespace bantam::report {
namespace {

using record::Record;
using table::Cell;
using table::Mark;
using table::Table;

bool is_of_answers(const metric::Metric& metric) {
  return metric.group == metric::MetricGroup::answer_energy;
}

struct Row {
  const analyze::Configuration* configuration;
  const Record* record;
};

bool has_figure(const Record& record) {
  return std::ranges::any_of(metric::catalogue(), [&record](const metric::Metric& metric) {
    return is_of_answers(metric) && record.metrics.contains(std::string(metric.name));
  });
}

}  // namespace

Table answer_energy_table(const analyze::Analysis& analysis) {
  Table table("Energy of answers", 3, {"Model", "Precision", "Task"});
  std::vector<Row> rows;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    for (const auto& [task, record] : configuration.cells) {
      if (has_figure(record)) rows.push_back({&configuration, &record});
    }
  }
  if (rows.empty()) return table;
  std::vector<const metric::Metric*> metrics;
  for (const metric::Metric& metric : metric::catalogue()) {
    const std::string name(metric.name);
    const auto has_it = [&name](const Row& row) { return row.record->metrics.contains(name); };
    if (!is_of_answers(metric) || std::ranges::none_of(rows, has_it)) continue;
    metrics.push_back(&metric);
    table.add_column(std::string(metric.title));
  }
  table.add_column("Sensor");
  for (const Row& row : rows) {
    std::vector<Cell> cells{{row.configuration->model, Mark::none},
                            {row.configuration->setup(), Mark::none},
                            {base::printable(row.record->task), Mark::none}};
    for (const metric::Metric* metric : metrics) {
      const auto found = row.record->metrics.find(std::string(metric->name));
      cells.push_back({found == row.record->metrics.end()
                           ? "–"
                           : metric::format_value(*metric, found->second.value) +
                                 (metric->unit.empty() ? "" : " " + std::string(metric->unit)),
                       Mark::none});
    }
    cells.push_back({base::printable(sensor_text(*row.record).value_or("–")), Mark::none});
    table.rows.push_back(std::move(cells));
  }
  table.notes.emplace_back(
      "Each figure is of one window of time, without an interval: nothing is decided by it.");
  return table;
}

}  // namespace bantam::report
