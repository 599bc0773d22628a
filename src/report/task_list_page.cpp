#include "report/task_list_page.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "base/text.hpp"
#include "evaluate/prompts.hpp"

namespace bantam::report {
namespace {

using base::Json;
using table::Table;
using task::Entry;
using task::Selection;

std::vector<std::string> metric_names(const Selection& selection) {
  std::vector<std::string> names;
  for (const task::Task& task : selection.leaves) {
    for (const task::MetricSpec& metric : task.metrics) {
      if (std::find(names.begin(), names.end(), metric.name()) == names.end()) names.push_back(metric.name());
    }
  }
  return names;
}

std::vector<std::string> output_types(const Selection& selection) {
  std::vector<std::string> names;
  for (const task::Task& task : selection.leaves) {
    const std::string type(metric::name(task.output_type));
    if (std::find(names.begin(), names.end(), type) == names.end()) names.push_back(type);
  }
  return names;
}

// The sum of the task files' own figures; absent when one gives none.
std::optional<std::int64_t> stated_items(const Selection& selection) {
  std::int64_t items = 0;
  for (const task::Task& task : selection.leaves) {
    if (!task.stated_items) return std::nullopt;
    items += *task.stated_items;
  }
  return items;
}

std::string shots(const Selection& selection) {
  std::set<int> counts;
  for (const task::Task& task : selection.leaves) counts.insert(evaluate::fewshot_count(task, {}));
  if (counts.size() == 1) return std::to_string(*counts.begin());
  return fmt::format("{} to {}", *counts.begin(), *counts.rbegin());
}

std::string data_source(const Selection& selection) {
  std::set<std::string> sources;
  for (const task::Task& task : selection.leaves) sources.insert(task.data.text());
  return sources.size() == 1 ? *sources.begin() : fmt::format("{} sources", sources.size());
}

// Where a task file lies.
std::string origin(const std::filesystem::path& file, const std::filesystem::path& embedded) {
  return file.string().starts_with(embedded.string() + "/") ? "in this program" : file.string();
}

Json to_json(const TaskRow& row, const std::filesystem::path& embedded) {
  Json json{{"name", row.entry.name}, {"kind", row.entry.kind}};
  if (!row.entry.file.empty()) json["file"] = origin(row.entry.file, embedded);
  if (!row.entry.parts.empty()) json["parts"] = row.entry.parts;
  if (!row.selection) {
    json["fault"] = row.fault;
    if (!row.hint.empty()) json["hint"] = row.hint;
    return json;
  }
  json["tasks"] = row.selection->leaves.size();
  json["output_types"] = output_types(*row.selection);
  json["metrics"] = metric_names(*row.selection);
  json["num_fewshot"] = shots(*row.selection);
  base::set_if(json, "items", stated_items(*row.selection));
  json["source"] = data_source(*row.selection);
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

void add_row(Table& table, const TaskRow& row, bool wide) {
  if (!row.selection) {
    std::vector<std::string> texts{row.entry.name, row.entry.kind, "", "", "cannot be used"};
    texts.resize(table.columns.size());
    table.add_row(texts);
    table.notes.push_back(fmt::format("{}: {}", row.entry.name, row.fault));
    return;
  }
  const Selection& selection = *row.selection;
  const auto items = stated_items(selection);
  const std::string kind = row.entry.kind == "task"
                               ? row.entry.kind
                               : fmt::format("{} of {}", row.entry.kind, selection.leaves.size());
  const std::vector<std::string> metrics = metric_names(selection);
  std::vector<std::string> texts{row.entry.name, kind, shots(selection), items ? std::to_string(*items) : "",
                                 wide ? base::join(metrics, ", ") : shortened(metrics)};
  if (wide) {
    texts.push_back(base::join(output_types(selection), ", "));
    texts.push_back(data_source(selection));
  }
  table.add_row(texts);
}

}  // namespace

std::vector<TaskRow> task_rows(const task::TaskLibrary& library, bool all) {
  const std::vector<Entry> entries = library.entries();
  std::set<std::string> grouped;
  for (const Entry& entry : entries) {
    if (entry.kind != "group") continue;
    grouped.insert(entry.parts.begin(), entry.parts.end());
    const auto selection = library.find(entry.name);
    if (!selection) continue;
    for (const task::Task& task : selection->leaves) grouped.insert(task.name);
  }
  std::vector<TaskRow> rows;
  for (const Entry& entry : entries) {
    if (!all && grouped.contains(entry.name)) continue;
    TaskRow row{entry, std::nullopt, ""};
    auto selection = library.find(entry.name);
    if (selection) {
      row.selection = *std::move(selection);
    } else {
      row.fault = selection.error().message;
      row.hint = selection.error().hint;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string task_list_page(const std::vector<TaskRow>& rows, bool all, const std::filesystem::path& embedded,
                           table::Format format, const table::TerminalStyle& style) {
  if (format == table::Format::json) {
    Json list = Json::array();
    for (const TaskRow& row : rows) list.push_back(to_json(row, embedded));
    return base::to_text(list, 2) + "\n";
  }
  const bool wide = format == table::Format::md;
  std::vector<std::string> heads{"name", "kind", "shots", "items", "metrics"};
  if (wide) heads.insert(heads.end(), {"output type", "data"});
  Table table("Tasks", 2, heads);
  for (const TaskRow& row : rows) add_row(table, row, wide);
  if (!all) table.notes.push_back("Tasks inside groups are left out; --all lists them too.");
  return page_text({table}, format, style);
}

}  // namespace bantam::report
