#include "evaluate/data_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace bantam::evaluate {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::array kFileKinds{"json", "csv", "tsv"};
constexpr std::string_view kHubFile = "hf://datasets/";

class Reader {
 public:
  Reader(const Json& config, const std::filesystem::path& file)
      : path_(base::string_at(config, "dataset_path").value_or("")),
        name_(base::string_at(config, "dataset_name").value_or("")),
        keywords_(base::child_at(config, "dataset_kwargs")),
        file_(file) {}

  Result<DataSource> read() const {
    DataSource source;
    TRY(read_format(source));
    const Json& files = member("data_files");
    if (files.is_null() || files.empty()) {
      TRY(read_dataset(source));
    } else {
      TRY(read_files(files, source));
    }
    return source;
  }

 private:
  tl::unexpected<base::Error> refuse(const std::string& message, const std::string& hint = {}) const {
    return base::fail(ErrorKind::bad_input, fmt::format("{}: {}", file_.string(), message), hint);
  }

  const Json& member(const char* key) const {
    static const Json kNull;
    const auto found = keywords_.is_object() ? keywords_.find(key) : keywords_.end();
    return !keywords_.is_object() || found == keywords_.end() ? kNull : *found;
  }

  std::string keyword(const char* key) const { return base::string_at(keywords_, key).value_or(""); }

  base::Status read_format(DataSource& source) const {
    const Json& names = member(member("column_names").is_null() ? "names" : "column_names");
    for (const Json& column : names) {
      if (!column.is_string()) return refuse("dataset_kwargs: column_names must be texts");
      source.format.columns.push_back(column.get<std::string>());
    }
    const std::string separator = keyword(member("delimiter").is_null() ? "sep" : "delimiter");
    if (separator.size() > 1) return refuse("dataset_kwargs: delimiter must be one character");
    if (!separator.empty()) source.format.separator = separator.front();
    return {};
  }

  base::Status read_dataset(DataSource& source) const {
    const bool is_kind = std::find(kFileKinds.begin(), kFileKinds.end(), path_) != kFileKinds.end();
    if (path_.empty() || is_kind) {
      return refuse("no data: dataset_kwargs: data_files is missing",
                    "give dataset_kwargs: data_files: with .jsonl, .json, .csv or .tsv files, or a data set "
                    "of the hub as dataset_path: user/name");
    }
    if (!hub::parse_repository(hub::RepositoryKind::datasets, path_)) {
      return refuse(fmt::format("data set '{}' is not a local file and no data set of the hub", path_),
                    "a data set of the hub is written user/name; local files go into dataset_kwargs: "
                    "data_files:");
    }
    source.dataset = path_;
    source.config = name_;
    source.revision = keyword("revision");
    if (!source.revision.empty() && !hub::is_commit(source.revision)) {
      return refuse("dataset_kwargs: revision of rows must be a commit (40 hexadecimal digits)",
                    "name files of the repository with data_files to read another branch or tag");
    }
    return {};
  }

  // The address of a file of the repository in dataset_path, or the file as it is.
  Result<std::string> place_of(const std::string& text) const {
    if (text.find('*') != std::string::npos) {
      return refuse(fmt::format("data_files: '{}': patterns are not supported", text), "list the files");
    }
    if (text.find("://") != std::string::npos) {
      if (is_url(text)) return text;
      if (is_hub_file(text)) {
        TRY(parse_hub_file(text));
        return text;
      }
      return refuse(fmt::format("data_files: '{}' is no address that can be read", text),
                    "use https:// or hf://datasets/user/name/path");
    }
    const std::string folder = keyword("data_dir");
    const std::string inside = (std::filesystem::path(folder) / text).string();
    if (path_.find('/') == std::string::npos) return inside;
    if (!hub::parse_repository(hub::RepositoryKind::datasets, path_))
      return refuse(fmt::format("'{}' is no data set of the hub", path_), "it is written user/name");
    const std::string revision = keyword("revision");
    return fmt::format("{}{}{}{}/{}", kHubFile, path_, revision.empty() ? "" : "@", revision, inside);
  }

  base::Status add_files(const std::string& split, const Json& value, DataSource& source) const {
    for (const Json& one : value.is_array() ? value : Json::array({value})) {
      if (!one.is_string()) return refuse("data_files must name files");
      TRY_ASSIGN(std::string place, place_of(one.get<std::string>()));
      source.files[split].push_back(std::move(place));
    }
    return {};
  }

  base::Status read_files(const Json& files, DataSource& source) const {
    if (!files.is_object()) return add_files("train", files, source);
    for (const auto& [split, value] : files.items()) TRY(add_files(split, value, source));
    return {};
  }

  std::string path_;
  std::string name_;
  const Json& keywords_;
  const std::filesystem::path& file_;
};

}  // namespace

std::string DataSource::text() const {
  if (!dataset.empty()) return config.empty() ? dataset : fmt::format("{} ({})", dataset, config);
  const bool any = !files.empty() && !files.begin()->second.empty();
  return any ? files.begin()->second.front() : "";
}

hub::RowSet row_set(const DataSource& source, const std::string& split) {
  return {source.dataset, source.config, split};
}

bool is_hub_file(const std::string& place) {
  return place.starts_with(kHubFile);
}

bool is_url(const std::string& place) {
  return place.starts_with("https://") || place.starts_with("http://");
}

Result<HubFile> parse_hub_file(const std::string& place) {
  const auto parts = base::split(std::string_view(place).substr(kHubFile.size()), '/');
  const auto refuse = [&] {
    return base::fail(ErrorKind::bad_input,
                      fmt::format("'{}' is no file of the hub", base::ellipsize(base::printable(place), 120)),
                      "it is written hf://datasets/user/name[@revision]/path");
  };
  if (parts.size() < 3) return refuse();
  const std::string name = parts[1].substr(0, parts[1].find('@'));
  const std::string revision =
      name.size() == parts[1].size() ? hub::kMainRevision : parts[1].substr(name.size() + 1);
  const auto repository = hub::parse_repository(hub::RepositoryKind::datasets, parts[0] + "/" + name);
  HubFile file{repository.value_or(hub::Repository{}), revision,
               base::join(std::vector<std::string>(parts.begin() + 2, parts.end()), "/")};
  if (!repository || !hub::check_revision(revision) || !hub::check_file_name(file.name)) return refuse();
  return file;
}

Result<DataSource> data_source_from(const Json& config, const std::filesystem::path& file) {
  return Reader(config, file).read();
}

}  // namespace bantam::evaluate
