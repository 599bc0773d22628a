// summary_csv().

#include <algorithm>
#include <string>
#include <vector>

#include "analyze/analysis.hpp"
#include "metric/catalogue.hpp"
#include "record/sections.hpp"
#include "report/analysis_page.hpp"
#include "report/sensor_text.hpp"
#include "stats/means.hpp"
#include "table/sheet.hpp"

namespace bantam::report {
namespace {

// The values of a metric or score over the models, for each precision, machine and sensor.
struct Values {
  std::string precision;
  std::string device;  // empty: the figure depends on none
  std::string sensor;  // of energies; empty for others
  std::vector<double> values;
};

std::string device_of(const analyze::Configuration& configuration) {
  const auto cell = configuration.cells.find(std::string(analyze::kPerformance));
  if (cell == configuration.cells.end()) return {};
  return record::machine_facts(cell->second).identity.value_or("");
}

// What tells figures apart that are not added up.
struct By {
  bool device = false;
  bool sensor = false;
};

template <typename EntryOf>
std::vector<Values> values_of(const analyze::Analysis& analysis, By by, EntryOf entry_of) {
  std::vector<Values> all;
  for (const analyze::Configuration& configuration : analysis.configurations) {
    const analyze::Entry entry = entry_of(configuration);
    if (!entry.value) continue;
    const std::string device = by.device ? device_of(configuration) : std::string();
    const std::string sensor = by.sensor ? sensor_text(configuration).value_or("") : std::string();
    auto found = std::ranges::find_if(all, [&](const Values& one) {
      return one.precision == configuration.setup() && one.device == device && one.sensor == sensor;
    });
    if (found == all.end()) found = all.insert(all.end(), {configuration.setup(), device, sensor, {}});
    found->values.push_back(entry.value->value);
  }
  return all;
}

void add_rows(table::Sheet& sheet, const std::string& name, const std::vector<Values>& all) {
  for (const Values& one : all) {
    sheet.start_row();
    sheet.text("precision", one.precision);
    sheet.text("device", one.device);
    sheet.text("sensor", one.sensor);
    sheet.text("metric", name);
    sheet.count("models", std::ssize(one.values));
    sheet.number("mean", stats::mean(one.values));
    sheet.number("std", stats::sample_sd(one.values));
    sheet.number("min", std::ranges::min(one.values));
    sheet.number("max", std::ranges::max(one.values));
  }
}

}  // namespace

std::string summary_csv(const analyze::Analysis& analysis) {
  table::Sheet sheet({"precision", "device", "sensor", "metric", "models", "mean", "std", "min", "max"});
  for (const metric::Metric& metric : metric::catalogue()) {
    if (metric::is_of_task(metric)) continue;
    add_rows(sheet, std::string(metric.name),
             values_of(
                 analysis,
                 By{metric.group != metric::MetricGroup::model, metric.group == metric::MetricGroup::energy},
                 [&](const analyze::Configuration& one) { return analyze::metric_entry(one, metric.name); }));
  }
  for (const analyze::ScoreColumn& column : analysis.columns) {
    add_rows(sheet, column.task + ":" + column.metric,
             values_of(analysis, By{},
                       [&](const analyze::Configuration& one) { return analyze::score_entry(one, column); }));
  }
  return sheet.csv();
}

}  // namespace bantam::report
