#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "cli/command.hpp"
#include "cli/exit_codes.hpp"
#include "cli/tasks_commands.hpp"
#include "cli/tasks_library.hpp"
#include "cli/terminal.hpp"
#include "cli/text_table.hpp"
#include "evaluate/prompts.hpp"

namespace bantam::cli {
namespace {

using base::Json;
using base::Result;
using task::Entry;
using task::Selection;

struct ListArguments {
  std::vector<std::string> include_paths;
  std::string format = "table";
  bool all = false;
};

struct Row {
  Entry entry;
  std::optional<Selection> selection;  // absent when the task cannot be used
  std::string fault;                   // why
};

std::vector<std::string> metrics_of(const Selection& selection) {
  std::vector<std::string> names;
  for (const task::Task& task : selection.leaves) {
    for (const task::MetricSpec& metric : task.metrics) {
      if (std::ranges::find(names, metric.name()) == names.end()) names.push_back(metric.name());
    }
  }
  return names;
}

std::vector<std::string> types_of(const Selection& selection) {
  std::vector<std::string> names;
  for (const task::Task& task : selection.leaves) {
    const std::string type(metric::name(task.output_type));
    if (std::find(names.begin(), names.end(), type) == names.end()) names.push_back(type);
  }
  return names;
}

// The sum of the task files' own figures; absent when one gives none.
std::optional<std::int64_t> items_of(const Selection& selection) {
  std::int64_t items = 0;
  for (const task::Task& task : selection.leaves) {
    const auto own = base::integer_at(base::child_at(task.config, "metadata"), "items");
    if (!own) return std::nullopt;
    items += *own;
  }
  return items;
}

std::string shots_of(const Selection& selection) {
  std::set<int> shots;
  for (const task::Task& task : selection.leaves) shots.insert(evaluate::shots_of(task, {}));
  if (shots.size() == 1) return std::to_string(*shots.begin());
  return fmt::format("{} to {}", *shots.begin(), *shots.rbegin());
}

std::string source_of(const Selection& selection) {
  std::set<std::string> sources;
  for (const task::Task& task : selection.leaves) sources.insert(task.data.text());
  return sources.size() == 1 ? *sources.begin() : fmt::format("{} sources", sources.size());
}

std::vector<Row> rows_of(const task::TaskLibrary& library, bool all) {
  const std::vector<Entry> entries = library.entries();
  std::set<std::string> grouped;
  for (const Entry& entry : entries) {
    if (entry.kind != "group") continue;
    grouped.insert(entry.parts.begin(), entry.parts.end());
    const auto selection = library.find(entry.name);
    if (!selection) continue;
    for (const task::Task& task : selection->leaves) grouped.insert(task.name);
  }
  std::vector<Row> rows;
  for (const Entry& entry : entries) {
    if (!all && grouped.contains(entry.name)) continue;
    Row row{entry, std::nullopt, ""};
    auto selection = library.find(entry.name);
    if (selection) {
      row.selection = *std::move(selection);
    } else {
      row.fault = selection.error().message;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json json_of(const Row& row, const OpenedTasks& tasks) {
  Json json{{"name", row.entry.name}, {"kind", row.entry.kind}};
  if (!row.entry.file.empty()) json["file"] = origin_of(row.entry.file, tasks.embedded);
  if (!row.entry.parts.empty()) json["parts"] = row.entry.parts;
  if (!row.selection) {
    json["fault"] = row.fault;
    return json;
  }
  json["tasks"] = row.selection->leaves.size();
  json["output_types"] = types_of(*row.selection);
  json["metrics"] = metrics_of(*row.selection);
  json["num_fewshot"] = shots_of(*row.selection);
  base::set_if(json, "items", items_of(*row.selection));
  json["source"] = source_of(*row.selection);
  return json;
}

// What fits on a line of a terminal.
std::string shortened(const std::vector<std::string>& names) {
  constexpr std::size_t kColumns = 28;
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string longer = (i == 0 ? "" : text + ", ") + names[i];
    if (i > 0 && longer.size() > kColumns) return fmt::format("{}, {} more", text, names.size() - i);
    text = longer;
  }
  return text;
}

void add_row_to(report::Table& table, const Row& row, bool wide) {
  if (!row.selection) {
    std::vector<std::string> texts{row.entry.name, row.entry.kind, "", "", "cannot be used"};
    texts.resize(table.heads.size());
    add_row(table, texts);
    table.remarks.push_back(
        fmt::format("{}: {}", base::printable(row.entry.name), base::printable(row.fault)));
    return;
  }
  const Selection& selection = *row.selection;
  const auto items = items_of(selection);
  const std::string kind = row.entry.kind == "task"
                               ? row.entry.kind
                               : fmt::format("{} of {}", row.entry.kind, selection.leaves.size());
  const std::vector<std::string> metrics = metrics_of(selection);
  std::vector<std::string> texts{row.entry.name, kind, shots_of(selection),
                                 items ? std::to_string(*items) : "",
                                 wide ? base::join(metrics, ", ") : shortened(metrics)};
  if (wide) {
    texts.push_back(base::join(types_of(selection), ", "));
    texts.push_back(source_of(selection));
  }
  add_row(table, texts);
}

std::string page(const std::vector<Row>& rows, bool all, report::Format format,
                 const report::TerminalStyle& style) {
  const bool wide = format == report::Format::md;
  std::vector<std::string> heads{"name", "kind", "shots", "items", "metrics"};
  if (wide) heads.insert(heads.end(), {"output type", "data"});
  report::Table table = text_table("Tasks", heads, 2);
  for (const Row& row : rows) add_row_to(table, row, wide);
  if (!all) table.remarks.push_back("Tasks inside groups are left out; --all lists them too.");
  return with_title(table, format, style);
}

Result<int> list_and_print(const ListArguments& arguments) {
  TRY_ASSIGN(const report::Format format, report::parse_format(arguments.format));
  TRY_ASSIGN(const OpenedTasks tasks, open_tasks(arguments.include_paths));
  const bool json = format == report::Format::json;
  const std::vector<Row> rows = rows_of(tasks.library, arguments.all || json);
  for (const std::string& warning : tasks.library.warnings()) note("warning: " + warning);
  if (json) {
    Json list = Json::array();
    for (const Row& row : rows) list.push_back(json_of(row, tasks));
    TRY(print(base::to_text(list, 2) + "\n"));
  } else {
    const Terminal terminal = stdout_terminal();
    TRY(print(page(rows, arguments.all, format, {terminal.columns, terminal.colour})));
  }
  return kOk;
}

}  // namespace

Command setup_tasks_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "tasks, groups and tags that can be named");
  auto arguments = std::make_shared<ListArguments>();
  command->add_option("--include-path", arguments->include_paths, "a folder of task files; may be repeated")
      ->type_name("DIR");
  command->add_flag("--all", arguments->all, "the tasks inside groups, too");
  command->add_option("-o,--output", arguments->format, "table, json or md")
      ->check(CLI::IsMember({"table", "json", "md"}))
      ->capture_default_str()
      ->type_name("FORMAT");
  return {command, [arguments] {
            const auto code = list_and_print(*arguments);
            return code ? *code : report_error(code.error());
          }};
}

}  // namespace bantam::cli
