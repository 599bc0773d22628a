#include "evaluate/task_data.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/hash.hpp"
#include "hub/cache.hpp"

namespace bantam::evaluate {
namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

Result<fs::path> local_file(const Task& task, const std::string& file) {
  const fs::path beside = task.file.parent_path();
  std::error_code error;
  for (const fs::path& folder : {fs::path(), beside, beside / ".."}) {
    const fs::path candidate = folder / file;
    if (fs::is_regular_file(candidate, error)) return candidate;
  }
  return base::fail(ErrorKind::bad_input, fmt::format("task '{}': no data file '{}'", task.name, file),
                    fmt::format("it is looked for from the current folder and from '{}'", beside.string()));
}

}  // namespace

std::vector<std::string> splits_of(const Task& task, bool with_fewshot) {
  std::vector<std::string> splits{task.test_split};
  const std::string& examples = task.fewshot.split;
  if (with_fewshot && !examples.empty() && examples != task.test_split) splits.push_back(examples);
  return splits;
}

Result<std::vector<fs::path>> files_of_split(const Task& task, const std::string& split) {
  const auto files = task.data.files.find(split);
  if (files == task.data.files.end()) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("task '{}': data_files has no split '{}'", task.name, split));
  }
  std::vector<fs::path> paths;
  for (const std::string& file : files->second) {
    TRY_ASSIGN(fs::path path, local_file(task, file));
    paths.push_back(std::move(path));
  }
  return paths;
}

Result<std::string> fingerprint(const Task& task, bool with_fewshot) {
  std::string parts = base::to_text(task.config);
  for (const std::string& split : splits_of(task, with_fewshot)) {
    TRY_ASSIGN(const auto files, files_of_split(task, split));
    for (const fs::path& file : files) {
      TRY_ASSIGN(const std::string sum, hub::cached_sha256(file));
      parts += fmt::format("\n{} {}", split, sum);
    }
  }
  return base::sha256(parts);
}

}  // namespace bantam::evaluate
