#include "exchange/imported.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 100'000;

}  // namespace

record::Record imported_record(const record::Imported& origin, const std::string& model,
                               const std::string& reference, const std::string& precision,
                               const std::string& task, const std::string& device,
                               const std::string& timestamp) {
  record::Record record;
  record.model = model;
  record.reference = reference;
  record.precision = precision;
  record.task = task;
  record.cell_key = base::sha256(fmt::format("imported\n{}\n{}\n{}\n{}\n{}\n{}", origin.tool, origin.sha256,
                                             model, precision, task, device));
  record.started_at = record.finished_at = timestamp;
  record.device = {{"identity", fmt::format("{} {}", origin.tool, device)}};
  record::set_imported(record, origin);
  return record;
}

base::Result<FoundFiles> json_files(const fs::path& folder, int depth) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("'{}' is not a folder", base::printable(folder.string())),
                      "give the folder that the tool wrote its results to");
  FoundFiles found;
  const auto options = fs::directory_options::skip_permission_denied;
  for (auto it = fs::recursive_directory_iterator(folder, options, error); !error && it != fs::end(it);
       it.increment(error)) {
    if (it.depth() >= depth) it.disable_recursion_pending();
    if (it->path().extension() != ".json") continue;
    std::error_code ignored;
    const auto status = it->symlink_status(ignored);
    if (fs::is_symlink(status)) found.skipped.push_back(it->path());
    if (fs::is_regular_file(status)) found.files.push_back(it->path());
    if (found.files.size() > kMostFiles)
      return base::fail(
          base::ErrorKind::bad_input,
          fmt::format("{} holds more than {} JSON files", base::printable(folder.string()), kMostFiles),
          "give the folder of the results alone");
  }
  if (error)
    return base::fail(
        base::ErrorKind::storage,
        fmt::format("{} cannot be listed: {}", base::printable(folder.string()), error.message()));
  std::ranges::sort(found.files);
  std::ranges::sort(found.skipped);
  return found;
}

std::string utc_from(std::string_view timestamp) {
  const std::string seconds = std::string(timestamp.substr(0, 19)) + "Z";
  return base::utc_seconds(seconds) ? seconds : "1970-01-01T00:00:00Z";
}

std::string path_within(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder).generic_string();
}

}  // namespace bantam::exchange
