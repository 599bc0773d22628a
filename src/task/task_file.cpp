#include "task/task_file.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <system_error>

#include "base/text.hpp"
#include "base/yaml.hpp"

namespace bantam::task {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::size_t kMaxIncludes = 16;

fs::path real_path(const fs::path& file) {
  std::error_code error;
  const fs::path path = fs::weakly_canonical(file, error);
  return error ? file : path;
}

std::string chain_text(const std::vector<fs::path>& chain) {
  std::vector<std::string> names;
  for (const fs::path& file : chain) names.push_back(file.filename().string());
  return base::join(names, " -> ");
}

// `chain`: the files that lead here, this one last.
Result<TaskFile> read(const fs::path& file, std::vector<fs::path>& chain);

Result<TaskFile> read_include(const TaskFile& own, const std::string& pointer, const Json& include,
                              std::vector<fs::path>& chain) {
  const auto refuse = [&](const std::string& message) {
    return Problem{own.place(pointer), message, "includes are taken from the file's own folder"}.error();
  };
  if (!include.is_string()) return tl::unexpected(refuse("include must name a file"));
  const fs::path path = own.file.parent_path() / include.get<std::string>();
  const fs::path real = real_path(path);
  const bool circle = std::find(chain.begin(), chain.end(), real) != chain.end();
  std::error_code error;
  if (!circle && !fs::is_regular_file(path, error)) {
    return tl::unexpected(refuse(fmt::format("include '{}': no such file", include.get<std::string>())));
  }
  chain.push_back(real);
  if (circle) return tl::unexpected(refuse("includes go in a circle: " + chain_text(chain)));
  if (chain.size() > kMaxIncludes) {
    return tl::unexpected(refuse(fmt::format("more than {} includes in a row", kMaxIncludes)));
  }
  TRY_ASSIGN(TaskFile included, read(path, chain));
  chain.pop_back();
  included.erase("task_list");  // names the tasks of the included file only
  return included;
}

Result<TaskFile> read(const fs::path& file, std::vector<fs::path>& chain) {
  TRY_ASSIGN(base::YamlFile yaml, base::read_yaml_file_with_lines(file));
  if (!yaml.content.is_object()) {
    return base::fail(ErrorKind::bad_input, file.string() + ": not a task file",
                      "a task file is a map of keys and values: task: NAME, ...");
  }
  TaskFile own{file, std::move(yaml.content), {}};
  for (const auto& [pointer, line] : yaml.lines) own.places[pointer] = {file, line};
  for (const base::RepeatedKey& repeated : yaml.repeated) {
    own.warnings.push_back(
        {{file, repeated.line},
         fmt::format("key '{}' stands twice: the last one counts", base::printable(repeated.key)),
         ""});
  }
  if (!own.config.contains("include")) return own;
  TaskFile merged{file, Json::object(), {}};
  const Json& include = own.config["include"];
  std::size_t index = 0;
  for (const Json& one : as_list(include)) {
    const std::string pointer = include.is_array() ? fmt::format("/include/{}", index++) : "/include";
    TRY_ASSIGN(const TaskFile included, read_include(own, pointer, one, chain));
    merged.override_with(included);
  }
  own.erase("include");
  merged.override_with(own);
  return merged;
}

bool is_inside(const std::string& pointer, const std::string& outer) {
  return pointer.starts_with(outer) && (pointer.size() == outer.size() || pointer[outer.size()] == '/');
}

}  // namespace

std::string Place::text() const {
  return line ? fmt::format("{}: line {}", file.string(), *line) : file.string();
}

base::Error Problem::error() const {
  return {ErrorKind::bad_input, fmt::format("{}: {}", place.text(), message), hint};
}

Place TaskFile::place(std::string pointer) const {
  while (true) {
    const auto found = places.find(pointer);
    if (found != places.end()) return found->second;
    if (pointer.empty()) return {file};
    pointer.resize(std::min(pointer.rfind('/'), pointer.size() - 1));
  }
}

void TaskFile::erase(const std::string& key) {
  config.erase(key);
  const std::string pointer = base::pointer_step(key);
  std::erase_if(places, [&](const auto& entry) { return is_inside(entry.first, pointer); });
}

void TaskFile::override_with(const TaskFile& over) {
  for (const auto& [key, value] : over.config.items()) {
    erase(key);
    config[key] = value;
  }
  places.insert(over.places.begin(), over.places.end());
  warnings.insert(warnings.end(), over.warnings.begin(), over.warnings.end());
}

TaskFile TaskFile::part(const std::string& pointer) const {
  TaskFile inner{file, config.at(Json::json_pointer(pointer)), {}};
  inner.places[""] = place(pointer);
  for (const auto& [at, place] : places) {
    if (is_inside(at, pointer) && at.size() > pointer.size()) inner.places[at.substr(pointer.size())] = place;
  }
  return inner;
}

Result<TaskFile> read_task_file(const fs::path& file) {
  std::vector<fs::path> chain{real_path(file)};
  return read(file, chain);
}

Json as_list(const Json& value) {
  if (value.is_array()) return value;
  return value.is_null() ? Json::array() : Json::array({value});
}

std::vector<std::string> texts_at(const Json& config, const std::string& key) {
  std::vector<std::string> texts;
  const auto found = config.find(key);
  if (found == config.end()) return texts;
  for (const Json& one : as_list(*found)) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

}  // namespace bantam::task
