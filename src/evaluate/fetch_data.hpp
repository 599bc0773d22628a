#pragma once
// Bringing a task's data here: what lies on the hub or at an address goes into the cache, where
// evaluate/task_data.hpp finds it. Local files are left alone.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "evaluate/task.hpp"
#include "hub/data_hub.hpp"
#include "hub/download.hpp"

namespace bantam::evaluate {

struct FetchedData {
  std::int64_t rows = 0;    // that came row by row
  std::uint64_t bytes = 0;  // that came as files
};

// Whether any of the splits has to come from elsewhere.
bool is_remote(const Task& task, bool with_fewshot);

// Fetches what is missing of the splits that the task reads. `on_transfer` may be empty. The errors of
// hub/rows_cache.hpp, hub/url_file.hpp and hub/download.hpp; environment when it is offline and something is
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

}  // namespace bantam::evaluate
