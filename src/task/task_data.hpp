#pragma once
// A task's data: which files on this machine hold the rows of a split, what identifies them, and how what
// lies elsewhere is fetched.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/download.hpp"
#include "hub/rows_hub.hpp"
#include "task/task.hpp"

namespace bantam::task {

// The splits that a task reads; the one for examples only `with_fewshot`.
std::vector<std::string> needed_splits(const Task& task, bool with_fewshot);

// The files of a split, in the order of the task file. A local path is taken from the current folder (as
// lm-eval does), else from the task file's folder, else from the folder above that. bad_input, naming the
// file, when it is in none of them, and for a split that the task file does not give; environment, with the
// command that fetches it, when it lies on the hub and was not fetched; integrity when what was fetched
// changed since.
base::Result<std::vector<std::filesystem::path>> files_of_split(const Task& task, const std::string& split);

// SHA-256 over the task's file with its includes and over the content of its data: changes with anything that
// can change its items. The errors of files_of_split().
base::Result<std::string> fingerprint(const Task& task, bool with_fewshot);

// What fetch_data() brought into the cache, where files_of_split() finds it.
struct FetchedData {
  std::int64_t rows = 0;    // that came row by row
  std::uint64_t bytes = 0;  // that came as files
};

// Whether any of the splits has to come from elsewhere.
bool is_remote(const Task& task, bool with_fewshot);

// Fetches what is missing of the splits that the task reads; local files are left alone. `on_transfer` may be
// empty. The errors of hub/rows_hub.hpp and hub/download.hpp; environment when it is offline and something is
// missing.
base::Result<FetchedData> fetch_data(const Task& task, bool with_fewshot, hub::DataHub& hub,
                                     const hub::OnTransfer& on_transfer);

// One thing that fetch_data() would fetch.
struct MissingData {
  std::string source;                  // "user/name, CONFIG, SPLIT", or a file's address
  std::optional<std::int64_t> rows;    // of a split of rows
  std::optional<std::uint64_t> bytes;  // of a file of the hub
  bool evaluated = false;              // the split that the items come from
};

// Asks for sizes only; nothing is fetched. environment when it is offline and something is missing.
base::Result<std::vector<MissingData>> missing_data(const Task& task, bool with_fewshot, hub::DataHub& hub);

}  // namespace bantam::task
