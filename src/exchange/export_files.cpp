#include "exchange/export_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;
using base::Status;

tl::unexpected<base::Error> one_place(const fs::path& path) {
  return base::fail(base::ErrorKind::usage,
                    fmt::format("two results would be written to {}", base::printable(path.string())),
                    "rename one of them");
}

}  // namespace

Status write_export(const fs::path& path, std::string_view content, Existing existing, ExportedFiles& files) {
  if (std::ranges::find(files.paths, path) != files.paths.end()) return one_place(path);
  if (!base::holds(path, content)) {
    TRY(base::check_place(path, content, existing));
    TRY(base::write_file_atomically(path, content));
  }
  files.paths.push_back(path);
  return {};
}

Status write_exports(const std::vector<PlannedFile>& planned, Existing existing, ExportedFiles& files) {
  std::set<fs::path> places(files.paths.begin(), files.paths.end());
  for (const PlannedFile& file : planned) {
    if (!places.insert(file.path).second) return one_place(file.path);
    TRY(base::check_place(file.path, file.content, existing));
  }
  for (const PlannedFile& file : planned) TRY(write_export(file.path, file.content, existing, files));
  return {};
}

base::Result<ExportStream> ExportStream::begin(const fs::path& path, Existing existing) {
  TRY_ASSIGN(base::GrowingFile file, base::GrowingFile::begin(path));
  return ExportStream(path, existing, std::move(file));
}

Status ExportStream::write(std::string_view bytes) {
  digest_.add(bytes);
  return file_.write(bytes);
}

Status ExportStream::finish(ExportedFiles& files) {
  std::error_code ignored;
  if (base::is_there(path_)) {
    const bool is_file = fs::is_regular_file(path_, ignored);
    const auto there = is_file ? base::sha256_of_file(path_) : base::Result<std::string>(std::string());
    const bool is_same = there && *there == digest_.hex();
    if (!is_same && existing_ == Existing::keep) return base::other_content(path_);
    if (!is_same) TRY(file_.publish());
  } else {
    TRY(file_.publish());
  }
  files.paths.push_back(path_);
  return {};
}

Status check_folders(const std::vector<NamedFolder>& folders) {
  std::map<std::string, std::string> names;  // by folder
  for (const NamedFolder& one : folders) {
    const auto [other, is_first] = names.try_emplace(one.folder, one.name);
    if (!is_first)
      return base::fail(base::ErrorKind::usage,
                        base::printable(fmt::format("'{}' and '{}' would be written to one folder, {}",
                                                    other->second, one.name, one.folder)),
                        "give them other names, or a store each");
  }
  return {};
}

}  // namespace bantam::exchange
