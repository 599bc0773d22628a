#pragma once
// The task files that can be named: tasks, groups of tasks, and tags. Reads task files only, never data.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "task/task.hpp"

namespace bantam::task {

struct GroupMetric {
  std::string metric;
  bool weight_by_size = true;
  std::vector<std::string> filters;  // empty: every filter
};

struct Group {
  std::string name;
  std::string alias;
  std::optional<std::string> version;  // of its metadata
  std::vector<GroupMetric> metrics;    // empty: the group has no score of its own, only its tasks have
  std::vector<std::string> parts;      // tasks and groups right below it (tags unfolded)
};

// A group inside the selected one.
struct Subgroup {
  Group group;
  std::vector<std::string> leaves;  // names of its tasks, those of groups within it included, each once
};

// What a name stands for: one task, or a group's tasks in the order of its list (groups within it unfolded).
struct Selection {
  std::string name;
  std::optional<Group> group;       // absent for a single task
  std::vector<Task> leaves;         // at least one
  std::vector<Subgroup> subgroups;  // outer ones first
};

struct Entry {
  std::string name;
  std::string kind;                // "task", "group", "tag"
  std::filesystem::path file;      // empty for a tag
  std::vector<std::string> parts;  // of a group or tag: the names in it
};

// A file that is named like a task file but cannot be read as one.
struct UnreadableFile {
  std::filesystem::path file;
  base::Error error;
};

class TaskLibrary {
 public:
  // Task files (*.yaml) in `include_paths`, which may also be such files, and below, then in
  // `embedded_folder` and below (may be empty). Of two entries with one name the first one counts; the other
  // is named in warnings(). So is a file that cannot be read. usage when an include path is not a folder.
  static base::Result<TaskLibrary> open(const std::vector<std::filesystem::path>& include_paths,
                                        const std::filesystem::path& embedded_folder);

  // Functions of Python that nothing here stands for are taken from now on (check_task()).
  void allow_code() { allow_code_ = true; }

  // All entries, by name.
  std::vector<Entry> entries() const;

  // usage, with the closest name, when nothing has this name; bad_input when its file cannot be read or is
  // not a usable task.
  base::Result<Selection> find(const std::string& name) const;

  // Everything that is wrong with the tasks that a name stands for; empty when find() would succeed. usage
  // when nothing has this name.
  base::Result<std::vector<Problem>> check(const std::string& name) const;

  // Files that could not be read, and second entries of one name.
  const std::vector<std::string>& warnings() const { return warnings_; }
  // The files of the include paths that could not be read.
  const std::vector<UnreadableFile>& unreadable() const { return unreadable_; }

 private:
  struct Source {
    Entry entry;
    TaskFile file;
  };
  struct Unfolding;

  base::Status scan(const std::filesystem::path& folder);
  void add_file(const std::filesystem::path& file);
  void add(Source source);
  void collect_tags();
  // usage: nothing has this name; with the closest one.
  base::Error unknown(const std::string& name) const;
  base::Result<Unfolding> unfold(const std::string& name) const;
  void add_name(const std::string& name, const Place& place, const TaskFile& overrides, Unfolding& to) const;
  void add_group(const Source& source, const TaskFile& overrides, Unfolding& to) const;
  void add_part(const Source& group, const std::string& pointer, const TaskFile& overrides,
                Unfolding& to) const;

  bool allow_code_ = false;
  std::map<std::string, Source> sources_;
  std::vector<std::string> warnings_;
  std::vector<UnreadableFile> unreadable_;
};

// The task files in `include_paths` and those that travel in the binary. storage when these cannot be
// unpacked.
base::Result<TaskLibrary> open_library(const std::vector<std::filesystem::path>& include_paths,
                                       bool allow_code = false);

}  // namespace bantam::task
