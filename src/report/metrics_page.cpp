#include "report/metrics_page.hpp"

#include <fmt/format.h>
#include <array>

#include "metric/catalogue.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

struct Chapter {
  metric::MetricGroup group;
  std::string_view title;
  std::string_view lead;
};

constexpr auto kChapters = std::to_array<Chapter>({
    {metric::MetricGroup::speed, "Speed",
     "Clock: `CLOCK_MONOTONIC_RAW`, read when a token is available to the caller. Token counts are the "
     "engine's token ids. Every performance request starts with an empty KV cache. Values are medians over "
     "rounds, each in a process of its own, with a 95 % interval of the rounds from four on "
     "([how sure](uncertainty.md#speed)); percentiles are given from the number of samples on that supports "
     "them."},
    {metric::MetricGroup::memory, "Memory",
     "Memory of the worker process, which holds one model. One number would mislead: weights mapped from a "
     "file can be shared and evicted, private memory cannot. A preallocated pool is never reported as use."},
    {metric::MetricGroup::energy, "Energy",
     "What requests take from the device, as its sensors tell. A sensor that fails gives no value, never 0."},
    {metric::MetricGroup::answer_energy, "Energy of answers",
     "What the items of a task take from the device, where a run measures energy beside accuracy. Figures of "
     "one "
     "window: they are shown, and nothing is decided by them."},
    {metric::MetricGroup::resources, "Resources",
     "How far a model is from what the machine can do (`--tasks resources`), and what it uses meanwhile. The "
     "machine's rates are measured once, through the engine that runs the model."},
    {metric::MetricGroup::model, "Model", "Facts of the model file. They are exact and carry no interval."},
    {metric::MetricGroup::accuracy, "Accuracy",
     "Formulas follow lm-evaluation-harness, so that scores can be compared. Each value carries n, the "
     "standard error and, for shares of right answers, a Wilson interval (95 %)."},
    {metric::MetricGroup::generation, "Generated answers",
     "Counts beside the score of a task that generates text."},
    {metric::MetricGroup::fidelity, "Fidelity",
     "What a precision lost against the base precision, on a text (`--tasks fidelity`). Natural logarithms. "
     "Intervals (95 %) are Student's over the means of the text's chunks."},
    {metric::MetricGroup::similarity, "Similarity",
     "Greedy answers to fixed prompts, compared with those of the base precision (`--tasks similarity`)."},
    {metric::MetricGroup::imported, "Imported",
     "Figures that only other tools report (`bantam import`). They have no interval and no verdict."},
});

std::string_view better(metric::Direction direction) {
  switch (direction) {
    case metric::Direction::lower_is_better:
      return "lower";
    case metric::Direction::higher_is_better:
      return "higher";
    case metric::Direction::neutral:
      return "-";
  }
  return "-";
}

}  // namespace

std::string metrics_page() {
  std::string page =
      "# Metrics\n\nWhat every number means. The names are the keys of the JSON files and the columns of "
      "the CSV files. A value that\ncould not be measured is absent, with the reason beside it; it is "
      "never 0.\n\nThe page is rendered from the catalogue in `src/metric/catalogue.cpp`; a test keeps "
      "them equal.\n";
  for (const Chapter& chapter : kChapters) {
    table::Table table("", 5, {"name", "unit", "better", "definition", "absent when"});
    for (const metric::Metric& metric : metric::catalogue()) {
      if (metric.group != chapter.group) continue;
      table.add_row({fmt::format("`{}`", metric.name), std::string(metric.unit.empty() ? "-" : metric.unit),
                     std::string(better(metric.direction)), std::string(metric.definition),
                     std::string(metric.absent_when.empty() ? "never" : metric.absent_when)});
    }
    page += fmt::format("\n## {}\n\n{}\n\n{}", chapter.title, chapter.lead, markdown_rows(table));
  }
  return page;
}

}  // namespace bantam::report
