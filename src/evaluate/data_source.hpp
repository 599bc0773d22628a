#pragma once
// Where a task's rows come from, as its file says: files here, files at an address, files of a data set's
// repository, or a data set of the hub row by row. Reads nothing and asks nobody; evaluate/task_data.hpp
// finds and fetches.
//
// Keys of the task file, as in lm-eval:
//   dataset_path    "json", "csv" or "tsv" with data_files; or a data set of the hub, user/name
//   dataset_name    the data set's configuration; absent: its only or default one
//   dataset_kwargs  data_files  a file, a list of files, or split -> file(s). Each is a path, an https
//   address,
//                               or hf://datasets/user/name[@revision]/path; with a data set in dataset_path a
//                               path inside its repository
//                   data_dir    a folder before each path of data_files
//                   revision    of the repository: branch, tag or commit. For rows: the commit they must be
//                   of column_names (or names), delimiter (or sep)   of a CSV file without a head

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "hub/repository.hpp"
#include "hub/rows.hpp"
#include "hub/rows_server.hpp"

namespace bantam::evaluate {

struct DataSource {
  // Split -> files as described above; empty when the rows come from the hub one by one.
  std::map<std::string, std::vector<std::string>> files;
  hub::RowsFormat format;  // of the files
  std::string dataset;     // "user/name" of the rows on the hub; empty when there are files
  std::string config;      // empty: the data set's only or default one
  std::string revision;    // of the rows; empty: any

  // Of rows on the hub nobody knows before they are asked for: true.
  bool may_have(const std::string& split) const { return !dataset.empty() || files.contains(split); }
  // What it is, in few words, for tables: "cais/mmlu (anatomy)", "data/items.jsonl".
  std::string text() const;
  bool operator==(const DataSource&) const = default;
};

// `config` is a task file with its includes merged in; `file` names it in messages. bad_input, with the key,
// for what cannot be read this way.
base::Result<DataSource> data_source_from(const base::Json& config, const std::filesystem::path& file);

// The rows of a split of a source that has no files.
hub::RowSet row_set(const DataSource& source, const std::string& split);

// What a place in DataSource::files is; neither of them: a path.
bool is_hub_file(const std::string& place);  // hf://datasets/...
bool is_url(const std::string& place);       // https://, http://

struct HubFile {
  hub::Repository repository;
  std::string revision;  // "main" when none is written
  std::string name;      // path inside the repository
};
// bad_input for a place that is not hf://datasets/user/name[@revision]/path.
base::Result<HubFile> parse_hub_file(const std::string& place);

}  // namespace bantam::evaluate
