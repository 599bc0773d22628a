#pragma once
// A task file as it is written: its keys over those of the files that it includes, and where each of them
// stands. Knows nothing of what the keys mean.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace bantam::task {

struct Place {
  std::filesystem::path file;
  std::optional<int> line = {};  // from 1; absent: the file as a whole
  std::string text() const;      // "tasks/a.yaml: line 3"
};

// Something wrong with a task file.
struct Problem {
  Place place;
  std::string message;
  std::string hint;           // the remedy; empty when there is none to give
  base::Error error() const;  // bad_input
};

struct TaskFile {
  std::filesystem::path file = {};
  base::Json config = base::Json::object();
  std::map<std::string, Place> places = {};  // by JSON pointer into `config`
  std::vector<Problem> warnings = {};        // keys that stand twice; of the included files, too

  // Where the value behind the pointer stands, else the nearest one around it, else the file.
  Place place(std::string pointer) const;

  // Takes the keys of `over`, each as a whole, in place of its own.
  void override_with(const TaskFile& over);
  void erase(const std::string& key);

  // An object inside this file as a file of its own, e.g. a part of a group's list.
  TaskFile part(const std::string& pointer) const;
};

// With its includes. bad_input, with file and line, for YAML errors, files that are not there, and includes
// that go in a circle.
base::Result<TaskFile> read_task_file(const std::filesystem::path& file);

// A value as a list: itself, one element, or none for null.
base::Json as_list(const base::Json& value);
// The texts of a text or a list of texts; other values are left out.
std::vector<std::string> texts_at(const base::Json& config, const std::string& key);

}  // namespace bantam::task
