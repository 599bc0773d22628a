#include "task/library.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <system_error>
#include <utility>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/embedded.hpp"
#include "task/task_reader.hpp"

namespace bantam::task {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::size_t kMaxGroupDepth = 8;

std::vector<std::string> part_names(const Json& config) {
  std::vector<std::string> names;
  for (const Json& part : as_list(config["task"])) {
    if (part.is_string()) names.push_back(part.get<std::string>());
    if (const auto name = base::string_at(part, part.contains("group") ? "group" : "task"))
      names.push_back(*name);
  }
  return names;
}

constexpr std::string_view kGroupMetricKeys[] = {"metric", "aggregation", "weight_by_size", "filter_list"};

// Problems of aggregate_metric_list.
std::vector<Problem> group_metric_problems(const TaskFile& file) {
  TaskReader reader(file);
  const Json& list = reader.at("/aggregate_metric_list");
  for (std::size_t i = 0; i < as_list(list).size(); ++i) {
    const std::string pointer =
        list.is_array() ? fmt::format("/aggregate_metric_list/{}", i) : "/aggregate_metric_list";
    if (!reader.knows_keys(pointer, kGroupMetricKeys)) continue;
    if (reader.text(pointer + "/metric", "").empty())
      reader.refuse(pointer, "aggregate_metric_list: an entry needs the name of a metric",
                    "write - metric: NAME");
    if (reader.text(pointer + "/aggregation", "mean") != "mean")
      reader.refuse(pointer + "/aggregation", "aggregate_metric_list: only the aggregation mean is supported",
                    "write aggregation: mean");
    reader.boolean(pointer + "/weight_by_size", true);
  }
  return reader.take_problems();
}

Group group_from(const Json& config) {
  Group group;
  group.name = base::string_at(config, "group").value_or("");
  group.alias = base::string_at(config, "group_alias").value_or(group.name);
  const Json& version = base::child_at(base::child_at(config, "metadata"), "version");
  if (!version.is_null())
    group.version = version.is_string() ? version.get<std::string>() : base::to_text(version);
  for (const Json& entry :
       as_list(config.contains("aggregate_metric_list") ? config["aggregate_metric_list"] : Json())) {
    if (const auto metric = base::string_at(entry, "metric")) {
      group.metrics.push_back(
          {*metric, base::bool_at(entry, "weight_by_size").value_or(true), texts_at(entry, "filter_list")});
    }
  }
  return group;
}

// By the file's name, or by a line "task: NAME" or "group: NAME" of a file that cannot be read as YAML.
bool seems_to_define(const fs::path& file, const std::string& name) {
  if (file.stem() == name) return true;
  const auto text = base::read_file(file, std::uint64_t{1} << 20);
  if (!text) return false;
  for (const std::string& line : base::split(*text, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string_view key = base::trim(std::string_view(line).substr(0, colon));
    std::string_view value = base::trim(std::string_view(line).substr(colon + 1));
    if (value.size() > 1 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    if ((key == "task" || key == "group") && value == name) return true;
  }
  return false;
}

}  // namespace

Result<TaskLibrary> TaskLibrary::open(const std::vector<fs::path>& include_paths,
                                      const fs::path& embedded_folder) {
  TaskLibrary library;
  for (const fs::path& folder : include_paths) TRY(library.scan(folder));
  for (const UnreadableFile& file : library.unreadable_) library.warnings_.push_back(file.error.message);
  // The folder of embedded files holds other things, too; what is no task file there is passed over.
  const std::vector<UnreadableFile> unreadable = library.unreadable_;
  if (!embedded_folder.empty()) TRY(library.scan(embedded_folder));
  library.unreadable_ = unreadable;
  library.collect_tags();
  return library;
}

base::Status TaskLibrary::scan(const fs::path& folder) {
  std::error_code error;
  const auto is_named_like_one = [](const fs::path& file) {
    return file.extension() == ".yaml" || file.extension() == ".yml";
  };
  if (is_named_like_one(folder) && fs::is_regular_file(folder, error)) {
    add_file(folder);
    return {};
  }
  if (!fs::is_directory(folder, error)) {
    return base::fail(ErrorKind::usage, fmt::format("'{}' is not a folder of task files", folder.string()));
  }
  std::vector<fs::path> files;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, options, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (is_named_like_one(it->path())) files.push_back(it->path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) add_file(file);
  return {};
}

void TaskLibrary::add_file(const fs::path& path) {
  Result<TaskFile> file = read_task_file(path);
  if (!file) {
    unreadable_.push_back({path, file.error()});
    return;
  }
  for (const Problem& warning : file->warnings) {
    std::string text = warning.error().message;
    if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
      warnings_.push_back(std::move(text));
  }
  const Json& config = file->config;
  const auto group = base::string_at(config, "group");
  const auto task = base::string_at(config, "task");
  // A task file of an older form names the group it belongs to as `group`.
  if (task && (!group || config.contains("doc_to_target"))) {
    add({{*task, "task", path, {}}, *std::move(file)});
  } else if (group && config.contains("task")) {
    Entry entry{*group, "group", path, part_names(config)};
    add({std::move(entry), *std::move(file)});
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
    if (source.entry.kind != "task") continue;
    for (const char* key : {"tag", "group"}) {
      for (const std::string& tag : texts_at(source.file.config, key)) tags[tag].push_back(name);
    }
  }
  for (const auto& [tag, names] : tags) {
    if (sources_.contains(tag)) continue;
    TaskFile file;
    file.config = {{"group", tag}, {"task", names}};
    sources_[tag] = {{tag, "tag", {}, names}, std::move(file)};
  }
}

std::vector<Entry> TaskLibrary::entries() const {
  std::vector<Entry> all;
  for (const auto& [name, source] : sources_) all.push_back(source.entry);
  return all;
}

// What a name unfolds to, and what was wrong on the way.
struct TaskLibrary::Unfolding {
  bool allow_code = false;
  std::vector<Task> leaves;
  std::vector<Subgroup> subgroups;
  std::vector<Problem> problems;
  std::vector<std::string> open;   // groups that are being unfolded, outer ones first
  std::vector<std::string> parts;  // of the innermost group that is open

  void add_part(const std::string& name) {
    if (std::find(parts.begin(), parts.end(), name) == parts.end()) parts.push_back(name);
  }

  void add(const TaskFile& file) {
    CheckedTask checked = check_task(file, allow_code);
    problems.insert(problems.end(), checked.problems.begin(), checked.problems.end());
    if (!checked.task) return;
    add_part(checked.task->name);
    const auto same = std::find_if(leaves.begin(), leaves.end(),
                                   [&](const Task& leaf) { return leaf.name == checked.task->name; });
    if (same == leaves.end()) {
      leaves.push_back(*std::move(checked.task));
    } else if (same->config != checked.task->config) {
      problems.push_back({file.place("/task"),
                          fmt::format("task '{}' stands twice, with different keys", checked.task->name),
                          "give one of them a file with a name of its own"});
    }
  }

  // The tasks among the group's parts, and those of the groups among them, which were unfolded before.
  std::vector<std::string> leaf_names(const Group& group) const {
    std::vector<std::string> names;
    for (const std::string& part : group.parts) {
      const auto inner = std::find_if(subgroups.begin(), subgroups.end(),
                                      [&](const Subgroup& one) { return one.group.name == part; });
      const auto below = inner == subgroups.end() ? std::vector{part} : inner->leaves;
      for (const std::string& name : below) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    return names;
  }
};

Result<TaskLibrary::Unfolding> TaskLibrary::unfold(const std::string& name) const {
  const auto found = sources_.find(name);
  if (found == sources_.end()) {
    for (const UnreadableFile& file : unreadable_) {
      if (seems_to_define(file.file, name)) return tl::unexpected(file.error);
    }
    return tl::unexpected(unknown(name));
  }
  Unfolding to;
  to.allow_code = allow_code_;
  add_name(name, {found->second.entry.file, 0}, {}, to);
  if (to.leaves.empty() && to.problems.empty()) {
    to.problems.push_back({found->second.file.place("/task"), fmt::format("group '{}' has no tasks", name),
                           "list its tasks behind task:"});
  }
  return to;
}

Result<Selection> TaskLibrary::find(const std::string& name) const {
  TRY_ASSIGN(Unfolding to, unfold(name));
  if (!to.problems.empty()) return tl::unexpected(to.problems.front().error());
  const Source& source = sources_.at(name);
  Selection selection{name, std::nullopt, std::move(to.leaves), {}};
  selection.subgroups = std::move(to.subgroups);
  if (source.entry.kind == "tag") selection.group = group_from(source.file.config);
  if (source.entry.kind == "group") {
    // The first one of a group is the group itself.
    selection.group = std::move(selection.subgroups.front().group);
    selection.subgroups.erase(selection.subgroups.begin());
  }
  return selection;
}

Result<std::vector<Problem>> TaskLibrary::check(const std::string& name) const {
  TRY_ASSIGN(Unfolding to, unfold(name));
  return std::move(to.problems);
}

base::Error TaskLibrary::unknown(const std::string& name) const {
  std::vector<std::string> names;
  for (const auto& [known, source] : sources_) names.push_back(known);
  const auto close = base::closest(name, names);
  return {ErrorKind::usage, fmt::format("no task '{}'", name),
          fmt::format("{}`bantam tasks list` shows all; --include-path adds a folder of task files",
                      close ? fmt::format("did you mean '{}'? ", *close) : "")};
}

void TaskLibrary::add_name(const std::string& name, const Place& place, const TaskFile& overrides,
                           Unfolding& to) const {
  const auto found = sources_.find(name);
  if (found == sources_.end()) {
    base::Error error = unknown(name);
    to.problems.push_back({place, std::move(error.message), std::move(error.hint)});
    return;
  }
  const Source& source = found->second;
  if (source.entry.kind != "task") return add_group(source, overrides, to);
  TaskFile file = source.file;
  file.override_with(overrides);
  to.add(file);
}

void TaskLibrary::add_group(const Source& source, const TaskFile& overrides, Unfolding& to) const {
  const std::string& name = source.entry.name;
  const bool circle = std::find(to.open.begin(), to.open.end(), name) != to.open.end();
  if (circle || to.open.size() >= kMaxGroupDepth) {
    const std::string chain = base::join(to.open, " -> ");
    to.problems.push_back({source.file.place("/task"),
                           circle ? fmt::format("group '{}' contains itself: {} -> {}", name, chain, name)
                                  : fmt::format("groups nested deeper than {}: {}", kMaxGroupDepth, chain),
                           ""});
    return;
  }
  for (Problem& problem : group_metric_problems(source.file)) to.problems.push_back(std::move(problem));
  // Keys of the group's file that are no group's own hold for its tasks; those of the caller come first.
  TaskFile inner = source.file;
  for (const char* key : {"group", "group_alias", "task", "aggregate_metric_list", "metadata", "tag"})
    inner.erase(key);
  inner.override_with(overrides);
  const bool is_group = source.entry.kind == "group";
  const std::size_t place = to.subgroups.size();
  std::vector<std::string> outer_parts;
  if (is_group) {
    to.subgroups.push_back({group_from(source.file.config), {}});
    outer_parts = std::exchange(to.parts, {});
  }
  to.open.push_back(name);
  const Json& parts = source.file.config["task"];
  for (std::size_t i = 0; i < as_list(parts).size(); ++i)
    add_part(source, parts.is_array() ? fmt::format("/task/{}", i) : "/task", inner, to);
  to.open.pop_back();
  if (!is_group) return;
  to.subgroups[place].group.parts = std::exchange(to.parts, std::move(outer_parts));
  to.subgroups[place].leaves = to.leaf_names(to.subgroups[place].group);
  to.add_part(name);
}

// A part of a group: a name, a name with keys that differ, a whole task, or a group written in place.
void TaskLibrary::add_part(const Source& group, const std::string& pointer, const TaskFile& overrides,
                           Unfolding& to) const {
  const Json& part = group.file.config.at(Json::json_pointer(pointer));
  const Place place = group.file.place(pointer);
  if (part.is_string()) return add_name(part.get<std::string>(), place, overrides, to);
  const auto inner_group = base::string_at(part, "group");
  const auto name = base::string_at(part, inner_group ? "group" : "task");
  if (!name) {
    to.problems.push_back({place, "a part of 'task:' names no task",
                           "write a task's name, or task: NAME with the keys that differ"});
    return;
  }
  // As in lm-eval, what is written in place bears the group's name before its own.
  const std::string full = fmt::format("{}::{}", group.entry.name, *name);
  TaskFile own = group.file.part(pointer);
  if (inner_group && part.contains("task")) {
    own.config["group"] = full;
    const Entry entry{full, "group", group.entry.file, part_names(own.config)};
    return add_group({entry, std::move(own)}, overrides, to);
  }
  own.erase(inner_group ? "group" : "task");
  TaskFile both = overrides;
  both.override_with(own);
  const bool whole = !inner_group && both.config.contains("doc_to_target");
  if (sources_.contains(*name) || !whole) return add_name(*name, place, both, to);
  both.file = group.entry.file;
  both.config["task"] = full;
  both.places[""] = place;
  to.add(both);
}

Result<TaskLibrary> open_library(const std::vector<std::filesystem::path>& include_paths, bool allow_code) {
  TRY_ASSIGN(const auto embedded, cache::materialize_embedded());
  TRY_ASSIGN(TaskLibrary library, TaskLibrary::open(include_paths, embedded));
  if (allow_code) library.allow_code();
  return library;
}

}  // namespace bantam::task
