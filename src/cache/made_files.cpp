#include "cache/made_files.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/files.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "cache/cache.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

fs::path sidecar_of(const fs::path& path) {
  return path.string() + ".json";
}

// Absent when there is none, or one for another content.
std::optional<base::Json> note_of(const fs::path& path, std::string_view identity) {
  const auto text = base::read_file(sidecar_of(path), 1 << 16);
  if (!text) return std::nullopt;
  auto note = base::parse_json(*text, "sidecar");
  if (!note || base::string_at(*note, "identity") != identity) return std::nullopt;
  return *std::move(note);
}

}  // namespace

base::Result<std::string> record_file(const fs::path& path, std::string_view identity,
                                      const base::Json& facts) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) {
    return base::fail(base::ErrorKind::storage,
                      fmt::format("{} is gone: {}", base::printable(path.string()), error.message()));
  }
  TRY_ASSIGN(std::string sha256, cached_sha256(path));
  base::Json note;
  note["identity"] = identity;
  note["bytes"] = static_cast<std::int64_t>(bytes);
  note["sha256"] = sha256;
  note.update(facts);
  TRY(base::write_file_atomically(sidecar_of(path), base::to_text(note, 1) + "\n"));
  return sha256;
}

base::Status check_unchanged(const fs::path& path, std::string_view identity) {
  const auto note = note_of(path, identity);
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (!note || error) return {};
  if (base::integer_at(*note, "bytes") == static_cast<std::int64_t>(bytes)) {
    const auto sha256 = cached_sha256(path);
    if (!sha256 || base::string_at(*note, "sha256") == *sha256) return {};
  }
  const fs::path aside = path.string() + ".corrupt";
  fs::rename(path, aside, error);
  if (!error) fs::remove(sidecar_of(path), error);
  return base::fail(base::ErrorKind::integrity,
                    fmt::format("{} is no longer the file that was made; {}", base::printable(path.string()),
                                error ? "it cannot be set aside: " + error.message()
                                      : "set aside as " + aside.filename().string()),
                    "run again to make it anew; if it happens twice, check the disk");
}

std::optional<base::Json> recorded_note(const fs::path& path, std::string_view identity) {
  auto note = note_of(path, identity);
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (!note || error) return std::nullopt;
  if (base::integer_at(*note, "bytes") != static_cast<std::int64_t>(bytes)) return std::nullopt;
  const auto sha256 = cached_sha256(path);
  if (!sha256 || base::string_at(*note, "sha256") != *sha256) return std::nullopt;
  return note;
}

std::optional<std::string> recorded_sha256(const fs::path& path, std::string_view identity) {
  const auto note = recorded_note(path, identity);
  return note ? base::string_at(*note, "sha256") : std::nullopt;
}

namespace fs = std::filesystem;
namespace {

constexpr std::string_view kNote = ".json";
constexpr int kDeepest = 3;  // KIND/KEY/FILE

// Whether this is the note beside a whole file.
bool is_note_of_whole_file(const fs::path& note, const fs::path& file) {
  const auto text = base::read_file(note, 1 << 16);
  const auto json = text ? base::parse_json(*text, "note") : base::Result<base::Json>(base::Json());
  if (!json || !base::string_at(*json, "identity")) return false;
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  return !error && base::integer_at(*json, "bytes") == static_cast<std::int64_t>(bytes);
}

}  // namespace

base::Result<std::vector<MadeFile>> list_made_files() {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  std::vector<MadeFile> files;
  std::error_code error;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(cache, kOptions, error), end; !error && it != end;
       it.increment(error)) {
    if (it.depth() >= kDeepest) it.disable_recursion_pending();
    const std::string note = it->path().string();
    if (!note.ends_with(kNote)) continue;
    const fs::path file = note.substr(0, note.size() - kNote.size());
    if (!is_note_of_whole_file(note, file)) continue;
    std::error_code ignored;
    files.push_back({(*file.lexically_relative(cache).begin()).string(), file, fs::file_size(file, ignored)});
  }
  std::sort(files.begin(), files.end(), [](const MadeFile& a, const MadeFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace bantam::cache
