#include "evaluate/library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "base/text.hpp"
#include "base/yaml.hpp"

namespace bantam::evaluate {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;

constexpr int kMaxIncludes = 16;
constexpr int kMaxGroupDepth = 8;

Json as_list(const Json& value) {
  if (value.is_array()) return value;
  return value.is_null() ? Json::array() : Json::array({value});
}

// The file's keys over those of what it includes.
Result<Json> read_with_includes(const fs::path& file, int depth) {
  if (depth > kMaxIncludes) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{}: includes go in a circle or too deep", file.string()));
  }
  TRY_ASSIGN(const Json own, base::read_yaml_file(file));
  if (!own.is_object()) return base::fail(ErrorKind::bad_input, file.string() + ": not a task file");
  Json merged = Json::object();
  for (const Json& include : as_list(own.contains("include") ? own["include"] : Json())) {
    if (!include.is_string())
      return base::fail(ErrorKind::bad_input, file.string() + ": include must name a file");
    TRY_ASSIGN(const Json included,
               read_with_includes(file.parent_path() / include.get<std::string>(), depth + 1));
    merged.update(included);
  }
  merged.update(own);
  merged.erase("include");
  return merged;
}

std::vector<std::string> part_names(const Json& config) {
  std::vector<std::string> names;
  for (const Json& part : as_list(config["task"])) {
    if (part.is_string()) names.push_back(part.get<std::string>());
    if (const auto name = base::string_at(part, part.contains("group") ? "group" : "task"))
      names.push_back(*name);
  }
  return names;
}

Group group_from(const Json& config) {
  Group group;
  group.name = base::string_at(config, "group").value_or("");
  group.alias = base::string_at(config, "group_alias").value_or(group.name);
  for (const Json& entry :
       as_list(config.contains("aggregate_metric_list") ? config["aggregate_metric_list"] : Json())) {
    if (const auto metric = base::string_at(entry, "metric")) {
      group.metrics.push_back({*metric, base::bool_at(entry, "weight_by_size").value_or(true)});
    }
  }
  return group;
}

}  // namespace

Result<TaskLibrary> TaskLibrary::open(const std::vector<fs::path>& include_paths,
                                      const fs::path& embedded_folder) {
  TaskLibrary library;
  for (const fs::path& folder : include_paths) TRY(library.scan(folder));
  if (!embedded_folder.empty()) TRY(library.scan(embedded_folder));
  library.collect_tags();
  return library;
}

base::Status TaskLibrary::scan(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return base::fail(ErrorKind::usage, fmt::format("'{}' is not a folder of task files", folder.string()));
  }
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, options, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (it->path().extension() == ".yaml" || it->path().extension() == ".yml") files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) add_file(file);
  return {};
}

void TaskLibrary::add_file(const fs::path& file) {
  const Result<Json> config = read_with_includes(file, 0);
  if (!config) {
    warnings_.push_back(config.error().message);
    return;
  }
  const auto group = base::string_at(*config, "group");
  const bool lists_tasks = config->contains("task") && (*config)["task"].is_array();
  if (group && lists_tasks) {
    add({{*group, "group", file, part_names(*config)}, *config});
  } else if (const auto task = base::string_at(*config, "task")) {
    add({{*task, "task", file, {}}, *config});
  }
}

void TaskLibrary::add(Source source) {
  const auto [found, added] = sources_.try_emplace(source.entry.name, source);
  if (!added) {
    warnings_.push_back(fmt::format("{}: '{}' is already defined in {}", source.entry.file.string(),
                                    source.entry.name, found->second.entry.file.string()));
  }
}

void TaskLibrary::collect_tags() {
  std::map<std::string, std::vector<std::string>> tags;
  for (const auto& [name, source] : sources_) {
    if (source.entry.kind != "task" || !source.config.contains("tag")) continue;
    for (const Json& tag : as_list(source.config["tag"])) {
      if (tag.is_string()) tags[tag.get<std::string>()].push_back(name);
    }
  }
  for (const auto& [tag, names] : tags) {
    if (!sources_.contains(tag))
      sources_[tag] = {{tag, "tag", {}, names}, Json{{"group", tag}, {"task", names}}};
  }
}

std::vector<Entry> TaskLibrary::entries() const {
  std::vector<Entry> all;
  for (const auto& [name, source] : sources_) all.push_back(source.entry);
  return all;
}

Result<Selection> TaskLibrary::find(const std::string& name) const {
  const auto found = sources_.find(name);
  if (found == sources_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, source] : sources_) names.push_back(known);
    const auto close = base::closest(name, names);
    return base::fail(
        ErrorKind::usage, fmt::format("no task '{}'", name),
        fmt::format("{}`bantam tasks list` shows all; --include-path adds a folder of task files",
                    close ? fmt::format("did you mean '{}'? ", *close) : ""));
  }
  Selection selection;
  selection.name = name;
  if (found->second.entry.kind != "task") selection.group = group_from(found->second.config);
  TRY(unfold_name(name, 0, selection.leaves));
  if (selection.leaves.empty()) {
    return base::fail(ErrorKind::bad_input, fmt::format("group '{}' has no tasks", name));
  }
  return selection;
}

base::Status TaskLibrary::unfold_name(const std::string& name, int depth, std::vector<Task>& leaves) const {
  const auto found = sources_.find(name);
  if (found == sources_.end()) return base::fail(ErrorKind::bad_input, fmt::format("no task '{}'", name));
  const Source& source = found->second;
  if (source.entry.kind == "task") {
    TRY_ASSIGN(Task task, task_from(source.config, source.entry.file));
    const bool known =
        std::any_of(leaves.begin(), leaves.end(), [&](const Task& leaf) { return leaf.name == task.name; });
    if (!known) leaves.push_back(std::move(task));
    return {};
  }
  if (depth > kMaxGroupDepth) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("group '{}' contains itself or is nested too deep", name));
  }
  for (const Json& part : as_list(source.config["task"]))
    TRY(unfold(part, source.entry.file, depth + 1, leaves));
  return {};
}

// A part of a group: a name, a task's name with keys that differ, a whole task, or a group written in place.
base::Status TaskLibrary::unfold(const Json& part, const fs::path& file, int depth,
                                 std::vector<Task>& leaves) const {
  if (part.is_string()) {
    const auto status = unfold_name(part.get<std::string>(), depth, leaves);
    if (!status)
      return base::fail(status.error().kind, fmt::format("{}: {}", file.string(), status.error().message));
    return {};
  }
  if (part.is_object() && part.contains("group") && part.contains("task")) {
    if (depth > kMaxGroupDepth)
      return base::fail(ErrorKind::bad_input, file.string() + ": groups nested too deep");
    for (const Json& inner : as_list(part["task"])) TRY(unfold(inner, file, depth + 1, leaves));
    return {};
  }
  const auto name = base::string_at(part, "task");
  if (!name) return base::fail(ErrorKind::bad_input, file.string() + ": a part of 'task:' names no task");
  const auto found = sources_.find(*name);
  Json config = found == sources_.end() ? Json::object() : found->second.config;
  config.update(part);
  TRY_ASSIGN(Task task, task_from(config, found == sources_.end() ? file : found->second.entry.file));
  leaves.push_back(std::move(task));
  return {};
}

}  // namespace bantam::evaluate
