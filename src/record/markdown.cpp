#include "record/markdown.hpp"

#include <fmt/format.h>
#include <array>
#include <iterator>

#include "record/catalogue.hpp"

namespace bantam::record {
namespace {

struct Chapter {
  MetricGroup group;
  std::string_view title;
  std::string_view lead;
};

constexpr auto kChapters = std::to_array<Chapter>({
    {MetricGroup::speed, "Speed",
     "Clock: `CLOCK_MONOTONIC_RAW`, read when a token is available to the caller. Token counts are the "
     "engine's token ids. Every performance request starts with an empty KV cache. Values are medians with "
     "an exact order-statistic interval (95 %, from 6 samples on); percentiles are given from the number "
     "of samples on that supports them."},
    {MetricGroup::memory, "Memory",
     "Of the worker process, which holds one model. One number would mislead: weights mapped from a file "
     "can be shared and evicted, private memory cannot. A preallocated pool is never reported as use."},
    {MetricGroup::model, "Model", "Facts of the model file. They are exact and carry no interval."},
    {MetricGroup::accuracy, "Accuracy",
     "Formulas follow lm-evaluation-harness, so that scores can be compared. Each value carries n, the "
     "standard error and, for shares of right answers, a Wilson interval (95 %)."},
    {MetricGroup::generation, "Generated answers", "Counts beside the score of a task that generates text."},
    {MetricGroup::fidelity, "Fidelity",
     "What a precision lost against the base precision, on a text (`--tasks fidelity`). Natural logarithms. "
     "Intervals (95 %) are Student's over the means of the text's chunks."},
    {MetricGroup::similarity, "Similarity",
     "Greedy answers to fixed prompts, compared with those of the base precision (`--tasks similarity`)."},
});

std::string_view better(Direction direction) {
  switch (direction) {
    case Direction::lower_is_better:
      return "lower";
    case Direction::higher_is_better:
      return "higher";
    case Direction::neutral:
      return "-";
  }
  return "-";
}

}  // namespace

std::string metrics_page() {
  std::string page =
      "# Metrics\n\nWhat every number means. The names are the keys of the JSON files and the columns of "
      "the CSV files. A value that\ncould not be measured is absent, with the reason beside it; it is "
      "never 0.\n\nThe page is rendered from the catalogue in `src/record/catalogue.cpp`; a test keeps "
      "them equal.\n";
  for (const Chapter& chapter : kChapters) {
    fmt::format_to(std::back_inserter(page), "\n## {}\n\n{}\n\n", chapter.title, chapter.lead);
    page += "| name | unit | better | definition | absent when |\n|---|---|---|---|---|\n";
    for (const Metric& metric : catalogue()) {
      if (metric.group != chapter.group) continue;
      fmt::format_to(std::back_inserter(page), "| `{}` | {} | {} | {} | {} |\n", metric.name,
                     metric.unit.empty() ? "-" : metric.unit, better(metric.direction), metric.definition,
                     metric.absent_when.empty() ? "never" : metric.absent_when);
    }
  }
  return page;
}

}  // namespace bantam::record
