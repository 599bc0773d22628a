#pragma once
// Other tools' results as records: each with its origin, its caveats and a key that follows from its content,
// so that the same file gives the same cell again. Knows nothing of stores.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/json.hpp"
#include "record/record.hpp"
#include "record/sections.hpp"

namespace bantam::exchange {

struct ImportedRecords {
  std::vector<record::Record> records;
  std::vector<std::string> notes;  // what was left out, and why: one sentence each, with the file's name
  std::map<std::string, std::vector<record::Item>> items;  // by cell key; none for figures without samples
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
// The JSON files, or those with another extension, in the folder and up to `depth` folders below. usage when
// it is no folder; storage when it cannot be listed; bad_input for more files than 100,000.
base::Result<FoundFiles> json_files(const std::filesystem::path& folder, int depth,
                                    std::string_view extension = ".json");

// A file by itself, or the JSON files of a folder as json_files() finds them. usage, with the hint, when
// nothing is there.
base::Result<FoundFiles> file_or_json_files(const std::filesystem::path& path, int depth,
                                            const std::string& hint);

// What a file says, or what the user has said of it: the latter counts for a single file whatever that says,
// with a note where the two differ, and in a folder for files that say nothing. Absent when neither is there.
struct Asked {
  const char* option;  // "--precision"
  std::optional<std::string> value;
  bool is_of_folder = false;
};
std::optional<std::string> said_or_asked(const std::optional<std::string>& said, const Asked& asked,
                                         const std::string& file, std::vector<std::string>& notes);

// Of several records of one model, precision and task the one finished last; of two of one time the first.
class NewestRecords {
 public:
  // `notes`: which of two files counts.
  void keep(record::Record record, std::vector<record::Item> items, std::vector<std::string>& notes);
  bool empty() const { return found_.empty(); }
  // By model, precision and task.
  ImportedRecords take() &&;

 private:
  using Place = std::tuple<std::string, std::string, std::string>;  // model, precision, task
  struct Found {
    record::Record record;
    std::vector<record::Item> items;
  };
  std::map<Place, Found> found_;
};

// "2025-12-09T00:53:09Z" of a time stamp with or without fractions, which is taken for UTC;
// record::kUnknownTime for what is none.
std::string utc_from(std::string_view timestamp);
// The same of seconds since 1970, rounded down; absent before 1970, after the year 9999 and for what is not
// finite.
std::optional<std::string> utc_from(double seconds);

// The path within `folder`.
std::string path_within(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace bantam::exchange
