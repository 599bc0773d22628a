#pragma once
// The rows of a split of a data set, fetched once and kept as JSON lines, in our own cache folder:
//   datasets/USER--NAME/CONFIG/SPLIT.jsonl        one row a line
//   datasets/USER--NAME/CONFIG/SPLIT.jsonl.json   its note: SHA-256, rows, commit. A file without its note is
//                                                 not there
//   ... .part, .part.json, .lock                  what has come so far, of which total and commit; one writer
// CONFIG is "_" where the task names none.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "hub/download.hpp"
#include "hub/rows_server.hpp"

namespace bantam::hub {

struct KeptRows {
  std::filesystem::path path;
  std::string sha256;
  std::string commit;  // empty when the server does not say
  std::int64_t rows = 0;
  std::int64_t received_rows = 0;  // in this call
};

// `<cache folder>/datasets`. environment.
base::Result<std::filesystem::path> datasets_folder();

// Absent when the rows were not fetched, or are of another commit than `commit` (empty: any will do).
// integrity when the file changed since; it is then set aside with ".corrupt" behind its name.
base::Result<std::optional<KeptRows>> find_rows(const std::filesystem::path& folder, const RowSet& set,
                                                const std::string& commit);

// Fetches what is missing, page by page, or finds it there. What a killed call left is continued when the
// server still has the same commit and total, and started anew when not. `on_transfer` may be empty.
//   environment, integrity   as rows_server.hpp and find_rows(); also a data set that changes again and again
//   storage                  cannot be written
//   interrupted              stopped by the user; what came so far is kept
base::Result<KeptRows> fetch_rows(RowsServer& server, const std::filesystem::path& folder, const RowSet& set,
                                  const std::string& commit, const OnTransfer& on_transfer);

}  // namespace bantam::hub
