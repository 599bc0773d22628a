#include "model/program_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"

namespace bantam::model {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t kMostFiles = 2000;
constexpr int kDeepest = 4;

// In the order of their names.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator() && files.size() <= kMostFiles;
       at.increment(error)) {
    std::error_code ignored;
    if (at->path().filename().string().starts_with('.')) {
      if (at->is_directory(ignored)) at.disable_recursion_pending();
      continue;
    }
    if (at.depth() >= kDeepest) at.disable_recursion_pending();
    if (at->is_regular_file(ignored)) files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

struct Hashed {
  std::string sha256;
  std::int64_t bytes = 0;
};

Result<Hashed> hashed(const fs::path& model) {
  std::error_code error;
  Hashed all;
  if (fs::is_regular_file(model, error)) {
    TRY_ASSIGN(all.sha256, cache::cached_sha256(model));
    all.bytes = static_cast<std::int64_t>(fs::file_size(model, error));
    return all;
  }
  const std::string shown = base::printable(model.string());
  if (!fs::is_directory(model, error))
    return base::fail(ErrorKind::usage, fmt::format("{}: there is no such model", shown),
                      "give the path of the folder or file that the engine program loads");
  const std::vector<fs::path> files = files_in(model);
  if (files.empty())
    return base::fail(ErrorKind::bad_input, fmt::format("{}: there are no files in it", shown),
                      "give the folder with the model's files");
  if (files.size() > kMostFiles)
    return base::fail(ErrorKind::bad_input,
                      fmt::format("{}: more than {} files are in it", shown, kMostFiles),
                      "give the folder of one model");
  std::string list;
  for (const fs::path& file : files) {
    TRY_ASSIGN(const std::string sha256, cache::cached_sha256(file));
    list += file.lexically_relative(model).string() + '\0' + sha256 + '\n';
    all.bytes += static_cast<std::int64_t>(fs::file_size(file, error));
  }
  all.sha256 = base::sha256(list);
  return all;
}

}  // namespace

Result<Source> find_program_model(const Reference& reference) {
  TRY_ASSIGN(const Hashed model, hashed(reference.path));
  Source source;
  source.reference = reference;
  source.path = reference.path;
  source.sha256 = model.sha256;
  source.info.file_bytes = model.bytes;
  if (!reference.adapter) return source;
  if (reference.adapter->scale != 1.0)
    return base::fail(ErrorKind::usage,
                      fmt::format("{}: an engine program applies adapters as they are, not scaled",
                                  base::printable(reference.text)),
                      "leave the @scale out");
  TRY_ASSIGN(const Hashed adapter, hashed(reference.adapter->path));
  source.sha256 = base::sha256(model.sha256 + "\n" + adapter.sha256);
  return source;
}

fs::path largest_file(const fs::path& model) {
  std::error_code error;
  if (!fs::is_directory(model, error)) return model;
  const auto bytes = [](const fs::path& file) {
    std::error_code ignored;
    const auto size = fs::file_size(file, ignored);
    return ignored ? 0 : size;
  };
  const std::vector<fs::path> files = files_in(model);
  return files.empty() ? model : *std::ranges::max_element(files, {}, bytes);
}

}  // namespace bantam::model
