#pragma once
// Other tools' results as records: each with its origin, its caveats and a key that follows from its content,
// so that the same file gives the same cell again. Knows nothing of stores.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

struct ImportedRecords {
  std::vector<record::Record> records;
  std::vector<std::string> notes;  // what was left out, and why: one sentence each, with the file's name
};

// A record of one file: its key, origin and times are set. `device` names the machine, which only these
// records share: figures of other machines are not compared with theirs.
record::Record imported_record(const record::Imported& origin, const std::string& model,
                               const std::string& reference, const std::string& precision,
                               const std::string& task, const std::string& device,
                               const std::string& timestamp);

struct FoundFiles {
  std::vector<std::filesystem::path> files;    // sorted
  std::vector<std::filesystem::path> skipped;  // links, which may lead anywhere
};
// The JSON files in the folder and up to `depth` folders below. usage when it is no folder; storage when it
// cannot be listed; bad_input for more files than 100,000.
base::Result<FoundFiles> json_files(const std::filesystem::path& folder, int depth);

// "2025-12-09T00:53:09Z" of a time stamp with or without fractions, which is taken for UTC; the first second
// of 1970 for what is none.
std::string utc_from(std::string_view timestamp);

// The path within `folder`.
std::string path_within(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace bantam::exchange
