#include "task/task_data.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <system_error>

#include "base/hash.hpp"
#include "cache/cache.hpp"
#include "hub/download.hpp"
#include "hub/hub_cache.hpp"
#include "hub/rows_hub.hpp"

namespace bantam::task {
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
  TRY_ASSIGN(const auto commit, cache.known_commit(file.repository, file.revision));
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

std::vector<std::string> needed_splits(const Task& task, bool with_fewshot) {
  if (task.code && task.code->custom_dataset) return {};
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

namespace {

// What the functions that the file names are known as: the file alone does not tell.
std::string known_functions(const Task& task) {
  base::Json known = base::Json::array({task.doc_to_text, task.doc_to_target, task.doc_to_choice});
  for (const base::Json* field :
       {&task.fewshot.doc_to_text, &task.fewshot.doc_to_target, &task.fewshot.doc_to_choice})
    known.push_back(*field);
  for (const RowFunction* function : {task.process_docs, task.fewshot.process_docs})
    known.push_back(function != nullptr ? base::Json(function->is.name) : base::Json());
  if (task.process_results != nullptr) known.push_back(task.process_results->is.name);
  for (const MetricSpec& metric : task.metrics) known.push_back(metric.aggregation->name);
  return base::to_text(known);
}

}  // namespace

Result<std::string> fingerprint(const Task& task, bool with_fewshot) {
  std::string parts = base::to_text(task.config) + known_functions(task);
  if (task.code) parts += "\ncode " + task.code->sha256;
  if (task.code && task.code->rows) {
    TRY_ASSIGN(const std::string sum, cache::cached_sha256(task.code->docs));
    parts += "\nrows " + sum;
  }
  for (const std::string& split : needed_splits(task, with_fewshot)) {
    TRY_ASSIGN(const auto files, files_of_split(task, split));
    for (const fs::path& file : files) {
      TRY_ASSIGN(const std::string sum, cache::cached_sha256(file));
      parts += fmt::format("\n{} {}", split, sum);
    }
  }
  return base::sha256(parts);
}

namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

bool is_elsewhere(const std::string& place) {
  return is_hub_file(place) || is_url(place);
}

// The places of a split that are not paths.
std::vector<std::string> places_elsewhere(const Task& task, const std::string& split) {
  std::vector<std::string> places;
  const auto files = task.data.files.find(split);
  if (files == task.data.files.end()) return places;
  std::copy_if(files->second.begin(), files->second.end(), std::back_inserter(places), is_elsewhere);
  return places;
}

Result<hub::RemoteFile> remote_file(hub::Hub& hub, const std::string& place) {
  TRY_ASSIGN(const HubFile file, parse_hub_file(place));
  TRY_ASSIGN(const hub::Listing listing, hub::list_repository(hub, file.repository, file.revision));
  for (const hub::RemoteFile& there : listing.files) {
    if (there.name == file.name) return there;
  }
  return base::fail(ErrorKind::environment,
                    fmt::format("data set {} has no file '{}'", file.repository.name, file.name),
                    "its files are listed on its page of the hub");
}

Result<std::uint64_t> fetch_hub_file(hub::Hub& hub, const std::string& place,
                                     const hub::OnTransfer& on_transfer) {
  TRY_ASSIGN(const HubFile file, parse_hub_file(place));
  TRY_ASSIGN(const hub::RemoteFile remote, remote_file(hub, place));
  TRY_ASSIGN(const hub::Downloaded downloaded, hub::download(hub, remote, on_transfer));
  TRY(hub.cache.remember_revision(file.repository, file.revision, remote.commit));
  return downloaded.received_bytes;
}

Result<std::uint64_t> fetch_file(const std::string& place, hub::DataHub& hub,
                                 const hub::OnTransfer& on_transfer) {
  if (is_hub_file(place)) return fetch_hub_file(hub.hub, place, on_transfer);
  TRY_ASSIGN(const hub::Url url, hub::parse_file_address(place));
  TRY_ASSIGN(const hub::Downloaded downloaded,
             hub::fetch_url_file(*hub.hub.client, hub.folder, url, on_transfer));
  return downloaded.received_bytes;
}

Status fetch_split(const Task& task, const std::string& split, hub::DataHub& hub,
                   const hub::OnTransfer& on_transfer, FetchedData& fetched) {
  const auto there = files_of_split(task, split);
  if (there || there.error().kind != ErrorKind::environment)
    return there ? Status{} : tl::unexpected(there.error());
  if (!task.data.dataset.empty()) {
    TRY_ASSIGN(const hub::KeptRows kept, hub::fetch_rows(*hub.rows, hub.folder, row_set(task.data, split),
                                                         task.data.revision, on_transfer));
    fetched.rows += kept.received_rows;
  }
  for (const std::string& place : places_elsewhere(task, split)) {
    TRY_ASSIGN(const std::uint64_t bytes, fetch_file(place, hub, on_transfer));
    fetched.bytes += bytes;
  }
  return {};
}

// The number of rows of a split, as the service says.
Result<std::optional<std::int64_t>> count_rows(hub::RowsServer& server, hub::RowSet set) {
  TRY_ASSIGN(const auto sizes, server.sizes(set.dataset));
  if (set.config.empty()) {
    TRY_ASSIGN(set.config, server.default_config(set.dataset));
  }
  for (const hub::SplitSize& size : sizes) {
    if (size.config == set.config && size.split == set.split) return size.rows;
  }
  return std::nullopt;
}

Status add_missing(const Task& task, const std::string& split, hub::DataHub& hub,
                   std::vector<MissingData>& missing) {
  const auto there = files_of_split(task, split);
  if (there || there.error().kind != ErrorKind::environment)
    return there ? Status{} : tl::unexpected(there.error());
  const bool evaluated = split == task.test_split;
  if (!task.data.dataset.empty()) {
    const hub::RowSet set = row_set(task.data, split);
    TRY_ASSIGN(const auto rows, count_rows(*hub.rows, set));
    missing.push_back({set.text(), rows, std::nullopt, evaluated});
  }
  for (const std::string& place : places_elsewhere(task, split)) {
    MissingData file{place, std::nullopt, std::nullopt, evaluated};
    if (is_hub_file(place)) {
      TRY_ASSIGN(const hub::RemoteFile remote, remote_file(hub.hub, place));
      file.bytes = remote.bytes;
    }
    missing.push_back(std::move(file));
  }
  return {};
}

// Offline all must be there: the error says what is not.
Status check_is_there(const Task& task, bool with_fewshot) {
  for (const std::string& split : needed_splits(task, with_fewshot)) {
    auto files = files_of_split(task, split);
    if (files) continue;
    if (files.error().kind == ErrorKind::environment) {
      files.error().hint =
          "the network is not to be used (--offline, HF_DATASETS_OFFLINE or HF_HUB_OFFLINE); " +
          files.error().hint;
    }
    return tl::unexpected(files.error());
  }
  return {};
}

}  // namespace

bool is_remote(const Task& task, bool with_fewshot) {
  if (!task.data.dataset.empty()) return true;
  const auto splits = needed_splits(task, with_fewshot);
  return std::any_of(splits.begin(), splits.end(),
                     [&](const std::string& split) { return !places_elsewhere(task, split).empty(); });
}

Result<FetchedData> fetch_data(const Task& task, bool with_fewshot, hub::DataHub& hub,
                               const hub::OnTransfer& on_transfer) {
  FetchedData fetched;
  if (!hub.rows) {
    TRY(check_is_there(task, with_fewshot));
    return fetched;
  }
  for (const std::string& split : needed_splits(task, with_fewshot)) {
    if (auto done = fetch_split(task, split, hub, on_transfer, fetched); !done) {
      done.error().message = fmt::format("task '{}': {}", task.name, done.error().message);
      return tl::unexpected(done.error());
    }
  }
  return fetched;
}

Result<std::vector<MissingData>> missing_data(const Task& task, bool with_fewshot, hub::DataHub& hub) {
  std::vector<MissingData> missing;
  if (!hub.rows) {
    TRY(check_is_there(task, with_fewshot));
    return missing;
  }
  for (const std::string& split : needed_splits(task, with_fewshot))
    TRY(add_missing(task, split, hub, missing));
  return missing;
}

}  // namespace bantam::task
