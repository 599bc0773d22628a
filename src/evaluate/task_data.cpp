#include "evaluate/task_data.hpp"

#include <fmt/format.h>

#include <system_error>

#include "base/hash.hpp"
#include "hub/cache.hpp"
#include "hub/hub_cache.hpp"
#include "hub/rows_cache.hpp"
#include "hub/url_file.hpp"

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

tl::unexpected<base::Error> not_fetched(const Task& task, const std::string& what) {
  return base::fail(ErrorKind::environment, fmt::format("task '{}': {} is not in the cache", task.name, what),
                    fmt::format("fetch it, with a network: bantam tasks pull {}", task.name));
}

Result<fs::path> kept_rows(const Task& task, const std::string& split) {
  TRY_ASSIGN(const fs::path folder, hub::datasets_folder());
  const hub::RowSet set = row_set(task.data, split);
  TRY_ASSIGN(const auto kept, hub::find_rows(folder, set, task.data.revision));
  if (!kept) return not_fetched(task, "data set " + set.text());
  return kept->path;
}

Result<fs::path> kept_url_file(const Task& task, const std::string& address) {
  TRY_ASSIGN(const fs::path folder, hub::datasets_folder());
  TRY_ASSIGN(const hub::Url url, hub::parse_file_address(address));
  TRY_ASSIGN(const auto kept, hub::find_url_file(folder, url));
  if (!kept) return not_fetched(task, url.shown());
  return *kept;
}

Result<fs::path> kept_hub_file(const Task& task, const HubFile& file) {
  TRY_ASSIGN(const hub::HubCache cache, hub::HubCache::shared());
  TRY_ASSIGN(const auto commit, cache.commit_of(file.repository, file.revision));
  std::vector<hub::RemoteFile> files;
  if (commit) {
    TRY_ASSIGN(files, cache.files_in(file.repository, *commit));
  }
  for (const hub::RemoteFile& there : files) {
    if (there.name != file.name) continue;
    TRY_ASSIGN(const bool whole, cache.has_blob(file.repository, there.hash));
    if (whole) return cache.link(there);
  }
  return not_fetched(task, fmt::format("{} of {}", file.name, file.repository.name));
}

Result<fs::path> file_at(const Task& task, const std::string& place) {
  if (is_hub_file(place)) {
    TRY_ASSIGN(const HubFile file, parse_hub_file(place));
    return kept_hub_file(task, file);
  }
  return is_url(place) ? kept_url_file(task, place) : local_file(task, place);
}

}  // namespace

std::vector<std::string> splits_of(const Task& task, bool with_fewshot) {
  std::vector<std::string> splits{task.test_split};
  const std::string& examples = task.fewshot.split;
  if (with_fewshot && !examples.empty() && examples != task.test_split) splits.push_back(examples);
  return splits;
}

Result<std::vector<fs::path>> files_of_split(const Task& task, const std::string& split) {
  if (!task.data.dataset.empty()) {
    TRY_ASSIGN(fs::path path, kept_rows(task, split));
    return std::vector{std::move(path)};
  }
  const auto files = task.data.files.find(split);
  if (files == task.data.files.end()) {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("task '{}': data_files has no split '{}'", task.name, split));
  }
  std::vector<fs::path> paths;
  for (const std::string& place : files->second) {
    TRY_ASSIGN(fs::path path, file_at(task, place));
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
