#pragma once
// The files of an export. What is there already stays as it is unless it is to be replaced, and no two
// results go to one file. Knows nothing of their content.

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/existing_file.hpp"
#include "base/growing_file.hpp"
#include "base/hash.hpp"
#include "base/result.hpp"

namespace bantam::exchange {

struct ExportedFiles {
  std::vector<std::filesystem::path> paths;  // each once, in the order of writing
  std::vector<std::string> notes;            // what was left out, and why
};

using base::Existing;

// Writes the file atomically, unless it is there with this content, and adds it to `files`. usage as
// base::check_place() says, and when `files` has it already; storage when it cannot be written.
base::Status write_export(const std::filesystem::path& path, std::string_view content, Existing existing,
                          ExportedFiles& files);

struct PlannedFile {
  std::filesystem::path path;
  std::string content;
};
// The same of several files; nothing is written unless there is a place for each.
base::Status write_exports(const std::vector<PlannedFile>& planned, Existing existing, ExportedFiles& files);

// write_export() of content that comes piece by piece, of which none is held.
class ExportStream {
 public:
  static base::Result<ExportStream> begin(const std::filesystem::path& path, Existing existing);
  base::Status write(std::string_view bytes);
  // The file appears, unless it is there with this content.
  base::Status finish(ExportedFiles& files);

 private:
  ExportStream(std::filesystem::path path, Existing existing, base::GrowingFile file)
      : path_(std::move(path)), existing_(existing), file_(std::move(file)) {}

  std::filesystem::path path_;
  Existing existing_;
  base::GrowingFile file_;
  base::Digest digest_ = base::Digest::sha256();
};

// What a folder is made for.
struct NamedFolder {
  std::string name;
  std::string folder;
};
// usage when two of them, whose names may differ only in what no file name holds, would share a folder.
base::Status check_folders(const std::vector<NamedFolder>& folders);

}  // namespace bantam::exchange
