#include "exchange/imported.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <system_error>

#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "record/known_time.hpp"

namespace bantam::exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 100'000;
constexpr double kYear10000 = 253'402'300'800.0;  // in seconds since 1970

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

base::Result<FoundFiles> json_files(const fs::path& folder, int depth, std::string_view extension) {
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
    if (it->path().extension() != extension) continue;
    std::error_code ignored;
    const auto status = it->symlink_status(ignored);
    if (fs::is_symlink(status)) found.skipped.push_back(it->path());
    if (fs::is_regular_file(status)) found.files.push_back(it->path());
    if (found.files.size() > kMostFiles)
      return base::fail(base::ErrorKind::bad_input,
                        fmt::format("{} holds more than {} files *{}", base::printable(folder.string()),
                                    kMostFiles, extension),
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

base::Result<FoundFiles> file_or_json_files(const fs::path& path, int depth, const std::string& hint) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return json_files(path, depth);
  if (!fs::exists(path, ignored))
    return base::fail(base::ErrorKind::usage,
                      fmt::format("'{}' is neither a file nor a folder", base::printable(path.string())),
                      hint);
  return FoundFiles{{path}, {}};
}

std::optional<std::string> said_or_asked(const std::optional<std::string>& said, const Asked& asked,
                                         const std::string& file, std::vector<std::string>& notes) {
  if (!asked.value || !said || *said == *asked.value) return said ? said : asked.value;
  if (asked.is_of_folder) return said;
  notes.push_back(base::printable(
      fmt::format("{} says {}: it is taken as {}, as {} says", file, *said, *asked.value, asked.option)));
  return asked.value;
}

void NewestRecords::keep(record::Record record, std::vector<record::Item> items,
                         std::vector<std::string>& notes) {
  const Place place{record.model, record.precision, record.task};
  const auto known = found_.find(place);
  if (known == found_.end()) {
    found_.emplace(place, Found{std::move(record), std::move(items)});
    return;
  }
  const auto file_of = [](const record::Record& one) {
    const auto origin = record::imported(one);
    return origin ? origin->file : std::string();
  };
  const std::string& known_time = known->second.record.finished_at;
  const bool is_newer = record.finished_at > known_time;
  const char* rule =
      record.finished_at == known_time ? "they have the same time; the first counts" : "the newer counts";
  const std::string other = file_of(known->second.record);
  const std::string own = file_of(record);
  notes.push_back(
      base::printable(fmt::format("{} and {} both hold {} of {} {}: {}, {}", other, own, record.task,
                                  record.model, record.precision, rule, is_newer ? own : other)));
  if (is_newer) known->second = {std::move(record), std::move(items)};
}

ImportedRecords NewestRecords::take() && {
  ImportedRecords imported;
  for (auto& [place, found] : found_) {
    if (!found.items.empty()) imported.items[found.record.cell_key] = std::move(found.items);
    imported.records.push_back(std::move(found.record));
  }
  return imported;
}

std::string utc_from(std::string_view timestamp) {
  const std::string seconds = std::string(timestamp.substr(0, 19)) + "Z";
  return base::utc_seconds(seconds) ? seconds : std::string(record::kUnknownTime);
}

std::optional<std::string> utc_from(double seconds) {
  if (!(seconds >= 0.0 && seconds < kYear10000)) return std::nullopt;
  const auto whole = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&whole, &utc);
  std::array<char, 32> text{};
  return std::string(text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
}

std::string path_within(const fs::path& folder, const fs::path& file) {
  return file.lexically_relative(folder).generic_string();
}

}  // namespace bantam::exchange
