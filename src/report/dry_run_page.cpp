#include "report/dry_run_page.hpp"

#include <fmt/format.h>
#include <limits>
#include <set>

#include "base/text.hpp"
#include "base/units.hpp"
#include "plan/precision.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

using table::Align;
using table::Table;

// What a laptop-class core computes in a second while it reads prompts; only the order of magnitude matters.
constexpr double kFlopsPerCore = 3e10;
constexpr double kTokensPerItem = 200.0;
constexpr double kLoads = 4.0;

// Each cell is one line, however long: no splitting. These columns do not move with what is in them.
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kTaskColumns = 11;
constexpr std::size_t kItemsColumns = 6;
constexpr std::size_t kTimeColumns = 10;

double accuracy_s(const gguf::ModelInfo& info, std::int64_t items, int threads) {
  return 2.0 * static_cast<double>(info.parameters) * kTokensPerItem * static_cast<double>(items) /
         (kFlopsPerCore * threads);
}

double performance_s(const plan::PerformanceSettings& settings, const gguf::ModelInfo& info) {
  const double scenarios = settings.batch_size > 1 ? 2.0 : 1.0;
  const double load_s = kLoads * static_cast<double>(info.weight_bytes) / 1e9;
  return scenarios * settings.max_seconds * 1.2 + load_s;
}

std::string size_after(const gguf::ModelInfo& info, const std::string& precision) {
  const auto known = plan::parse_precision(precision);
  return known ? "about " + base::format_bytes(static_cast<double>(info.parameters) * known->bits / 8.0) : "";
}

// What has to be fetched and made before the cell can run; each thing is named once.
std::string making(const run::PreparedCell& cell, const model::Source& source, std::set<std::string>& named) {
  if (cell.skip_reason) return "skipped: " + *cell.skip_reason;
  std::vector<std::string> steps;
  if (source.fetch_bytes > 0 && named.insert(source.sha256).second) {
    steps.push_back("fetch " + base::format_bytes(static_cast<double>(source.fetch_bytes)));
  }
  if (cell.artifact.ready) {
    steps.push_back(cell.artifact.made ? "file in the cache" : "file as it is");
  } else if (named.insert(cell.artifact.identity).second) {
    steps.push_back(
        fmt::format("make {} ({})", cell.artifact.file_type, size_after(source.info, cell.cell.precision)));
  }
  return base::join(steps, ", ");
}

// One line per task whose data is not here.
std::string data_lines(const run::Inputs& inputs) {
  std::string text;
  for (const auto& [task, input] : inputs.tasks) {
    if (input.fetch_sources == 0) continue;
    text += fmt::format("{}: fetch data from {} place{}", base::printable(task), input.fetch_sources,
                        input.fetch_sources == 1 ? "" : "s");
    if (input.fetch_rows > 0) text += fmt::format(", {} rows", input.fetch_rows);
    if (input.fetch_bytes > 0)
      text += fmt::format(", {}", base::format_bytes(static_cast<double>(input.fetch_bytes)));
    text += "\n";
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::string dry_run_page(const plan::Plan& plan, const run::Inputs& inputs,
                         const std::vector<run::PreparedCell>& cells) {
  Table table;
  table.columns = {{"model", Align::left},
                   {"precision", Align::left},
                   {"task", Align::left, kTaskColumns},
                   {"items", Align::right, kItemsColumns},
                   {"at most", Align::right, kTimeColumns},
                   {"file", Align::left}};
  double total_s = 0.0;
  std::set<std::string> named;
  for (const auto& cell : cells) {
    const model::Source& source = inputs.sources[cell.source];
    const gguf::ModelInfo& info = source.info;
    const auto task = inputs.tasks.find(cell.cell.task);
    const bool scored = task != inputs.tasks.end();
    const double seconds = cell.skip_reason ? 0.0
                           : scored ? accuracy_s(info, task->second.items, plan.engine.threads.value_or(2))
                                    : performance_s(plan.performance_settings, info);
    total_s += seconds;
    table.add_row({cell.cell.model.name, cell.cell.precision, cell.cell.task,
                   scored ? std::to_string(task->second.items) : "-",
                   cell.skip_reason ? "-" : base::format_seconds(seconds), making(cell, source, named)});
  }
  std::string text = table::terminal_text({table}, {kNoLimit, false}) + data_lines(inputs);
  if (const auto& points = plan.accuracy_settings.until_decided_points) {
    text += fmt::format(
        "\nItems are taken until decided: at 1/8, 1/4, 1/2 and all of a task's items each precision is "
        "compared with {}, and stopped\nonce the difference is shown, or surely less than {:g} points.\n",
        plan.base_precision, *points);
  }
  text += fmt::format("\n{} cells, roughly {} at most. Nothing was measured or written.\n", cells.size(),
                      base::format_seconds(total_s));
  return text;
}

}  // namespace bantam::report
