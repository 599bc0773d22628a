#include "report/dry_run_page.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <set>

#include "analyze/configuration.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "plan/precision.hpp"
#include "run/cell_kinds.hpp"
#include "run/program.hpp"
#include "run/served.hpp"
#include "table/render.hpp"

namespace bantam::report {
namespace {

using table::Align;
using table::Table;

// Each cell is one line, however long: no splitting. These columns do not move with what is in them.
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kTaskColumns = 11;
constexpr std::size_t kItemsColumns = 6;
constexpr std::size_t kTimeColumns = 10;

std::string size_after(const gguf::ModelInfo& info, const std::string& precision) {
  const auto known = plan::parse_precision(precision);
  return known ? "about " + base::format_bytes(static_cast<double>(info.parameters) * known->bits / 8.0) : "";
}

// What has to be fetched and made before the cell can run; each thing is named once.
std::string making(const run::PreparedCell& cell, const run::CellOutlook& outlook,
                   const model::Source& source, std::set<std::string>& named) {
  if (outlook.is_done) return "done";
  if (cell.skip_reason) return "skipped: " + *cell.skip_reason;
  std::vector<std::string> steps;
  if (source.fetch_bytes > 0 && named.insert(source.sha256).second) {
    steps.push_back("fetch " + base::format_bytes(static_cast<double>(source.fetch_bytes)));
  }
  if (run::is_served(source)) {
    steps.emplace_back("behind a server");
  } else if (run::is_in_program(source)) {
    steps.emplace_back("a program loads its files");
  } else if (cell.artifact.ready) {
    steps.push_back(cell.artifact.made ? "file in the cache" : "file as it is");
  } else if (named.insert(cell.artifact.identity).second) {
    steps.push_back(
        fmt::format("make {} ({})", cell.artifact.file_type, size_after(source.info, cell.cell.precision)));
  }
  if (outlook.items_done > 0) steps.push_back(fmt::format("{} items are done", outlook.items_done));
  return base::join(steps, ", ");
}

// The time of the cells that have an estimate, and how many have none.
struct Times {
  double total_s = 0.0;
  int estimated = 0;
  int guessed = 0;  // of the estimated ones, those without a rate that was measured
  int unknown = 0;
  int done = 0;

  // The cell's own, as the table shows it.
  std::string add(const plan::Plan& plan, const run::Inputs& inputs, const run::PreparedCell& cell,
                  const run::CellOutlook& outlook) {
    if (outlook.is_done) ++done;
    if (outlook.is_done || cell.skip_reason) return "-";
    const auto estimate_s = run::cell_work(cell.cell.kind).estimate_s;
    const auto seconds = estimate_s == nullptr ? std::nullopt : estimate_s(plan, inputs, cell, outlook);
    if (!seconds) {
      ++unknown;
      return "unknown";
    }
    total_s += *seconds;
    ++estimated;
    const run::KnownRates& rates = outlook.rates;
    if (!rates.request_s && !rates.item_s) ++guessed;
    return base::format_seconds(*seconds);
  }

  std::string text() const {
    if (estimated == 0) return unknown == 0 ? "nothing to do" : "for an unknown time";
    const char* how = guessed == 0 ? "by measured rates" : "roughly";
    std::string text = fmt::format("{} {} at most", how, base::format_seconds(total_s));
    if (unknown > 0) text += fmt::format(" without the {} whose time is unknown", unknown);
    return text;
  }
};

// What a model's precisions are compared with; of several models each in turn.
std::string base_precisions(const plan::Plan& plan) {
  std::vector<std::string> names;
  for (const plan::ModelEntry& model : plan.models) {
    const std::string& name = plan::base_precision_of(plan, model);
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names.empty() ? plan.base_precision : base::join(names, " or ");
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

// The request of each cell that asks a server, each once.
std::string asked_lines(const plan::Plan& plan, const run::Inputs& inputs,
                        const std::vector<run::PreparedCell>& cells) {
  std::set<std::string> requests;
  std::string text;
  for (const run::PreparedCell& cell : cells) {
    if (!run::is_served(inputs.sources[cell.source]) || cell.skip_reason) continue;
    const std::string request = run::asked_of_server(plan, inputs, cell.cell);
    if (!request.empty() && requests.insert(request).second) text += "\n" + request + "\n";
  }
  return text;
}

}  // namespace

std::string dry_run_page(const plan::Plan& plan, const run::Inputs& inputs,
                         const std::vector<run::PreparedCell>& cells,
                         const std::vector<run::CellOutlook>& outlooks) {
  Table table;
  table.columns = {{"model", Align::left},
                   {"precision", Align::left},
                   {"task", Align::left, kTaskColumns},
                   {"items", Align::right, kItemsColumns},
                   {"at most", Align::right, kTimeColumns},
                   {"file", Align::left}};
  Times times;
  std::set<std::string> named;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const run::PreparedCell& cell = cells[i];
    const auto task = inputs.tasks.find(cell.cell.task);
    table.add_row({cell.cell.model.name, analyze::setup_name(cell.cell.precision, cell.cell.point.label),
                   cell.cell.task, task == inputs.tasks.end() ? "-" : std::to_string(task->second.items),
                   times.add(plan, inputs, cell, outlooks[i]),
                   making(cell, outlooks[i], inputs.sources[cell.source], named)});
  }
  std::string text = table::terminal_text({table}, {kNoLimit, false}) + data_lines(inputs);
  if (const auto& points = plan.accuracy_settings.until_decided_points) {
    text += fmt::format(
        "\nItems are taken until decided: at 1/8, 1/4, 1/2 and all of a task's items each precision is "
        "compared with {}, and stopped\nonce the difference is shown, or surely less than {:g} points.\n",
        base_precisions(plan), *points);
  }
  text += asked_lines(plan, inputs, cells);
  const std::string done = times.done == 0 ? "" : fmt::format(", {} of them done", times.done);
  text +=
      fmt::format("\n{} cells{}, {}. Nothing was measured or written.\n", cells.size(), done, times.text());
  return text;
}

std::string dry_run_total(const plan::Plan& plan, const run::Inputs& inputs,
                          const std::vector<run::PreparedCell>& cells,
                          const std::vector<run::CellOutlook>& outlooks) {
  Times times;
  for (std::size_t i = 0; i < cells.size(); ++i) times.add(plan, inputs, cells[i], outlooks[i]);
  return fmt::format("{} cells, {}", cells.size(), times.text());
}

}  // namespace bantam::report
