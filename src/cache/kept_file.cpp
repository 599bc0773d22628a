#include "cache/kept_file.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/files.hpp"
#include "base/text.hpp"
#include "cache/hashing.hpp"

namespace bantam::cache {

namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

constexpr std::uint64_t kMaxNoteBytes = 1 << 16;
constexpr std::string_view kNoteSuffix = ".json";
constexpr std::string_view kPartSuffix = ".part";
constexpr int kDeepest = 3;  // KIND/KEY/FILE below the cache folder

std::optional<Json> read_note(const fs::path& path) {
  const auto text = base::read_file(path, kMaxNoteBytes);
  if (!text) return std::nullopt;
  auto note = base::parse_json(*text, path.string());
  if (!note || !note->is_object()) return std::nullopt;
  return *std::move(note);
}

bool has_noted_size(const Json& note, std::uint64_t bytes) {
  return base::integer_at(note, "bytes") == static_cast<std::int64_t>(bytes);
}

}  // namespace

Result<std::optional<Json>> KeptFile::find(const std::function<bool(const Json& note)>& fits,
                                           const ChangedError& changed) const {
  auto note = read_note(note_path());
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(path_, error);
  if (!note || error || !note->contains("sha256") || !fits(*note)) return std::nullopt;
  if (!note->contains("bytes") || has_noted_size(*note, bytes)) {
    const auto sha256 = cached_sha256(path_);
    if (!sha256 && sha256.error().kind == ErrorKind::interrupted) return tl::unexpected(sha256.error());
    if (!sha256) return std::nullopt;
    if (base::string_at(*note, "sha256") == *sha256) return note;
  }
  auto failure = set_aside(path_, changed);
  fs::remove(note_path(), error);
  return failure;
}

Result<std::string> KeptFile::publish(const fs::path& part, Json note) const {
  TRY_ASSIGN(std::string sha256, sha256_of_made_file(part));
  // The new content must never stand beside the note of an older one.
  std::error_code ignored;
  fs::remove(note_path(), ignored);
  TRY(base::publish_file(part, path_));
  TRY(write_note(std::move(note), sha256));
  remember_sha256(path_, sha256);
  return sha256;
}

Result<std::string> KeptFile::record(Json note) const {
  TRY_ASSIGN(std::string sha256, sha256_of_made_file(path_));
  TRY(write_note(std::move(note), sha256));
  remember_sha256(path_, sha256);
  return sha256;
}

base::Status KeptFile::write_note(Json note, const std::string& sha256) const {
  note["sha256"] = sha256;
  return base::write_file_atomically(note_path(), base::to_text(note, 1) + "\n");
}

tl::unexpected<base::Error> set_aside(const fs::path& path, const ChangedError& changed) {
  const fs::path aside = path.string() + ".corrupt";
  std::error_code error;
  fs::rename(path, aside, error);
  if (!error) return tl::unexpected(changed(aside));
  return base::fail(ErrorKind::integrity,
                    fmt::format("{} has changed, and cannot be set aside: {}", base::printable(path.string()),
                                error.message()),
                    "remove it");
}

Result<std::optional<FileLock>> lock_unless_there(const fs::path& lock,
                                                  const std::function<Result<bool>()>& is_there,
                                                  const std::function<base::Status()>& wait) {
  while (true) {
    auto held = wait ? FileLock::try_take(lock) : FileLock::take(lock).map([](FileLock&& taken) {
      return std::optional<FileLock>(std::move(taken));
    });
    if (!held) return held;
    TRY_ASSIGN(const bool there, is_there());
    if (there) return std::nullopt;
    if (*held) return held;
    TRY(wait());
  }
}

NewFile::NewFile(fs::path target)
    : target_(std::move(target)), path_(target_.string() + fmt::format(".{}{}", ::getpid(), kPartSuffix)) {}

NewFile::NewFile(fs::path target, fs::path part) : target_(std::move(target)), path_(std::move(part)) {}

NewFile::~NewFile() {
  std::error_code ignored;
  fs::remove(path_, ignored);
}

base::Status NewFile::publish() const {
  return base::publish_file(path_, target_);
}

void remove_parts(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != kPartSuffix) continue;
    std::error_code ignored;
    fs::remove(entry.path(), ignored);
  }
}

Result<std::optional<Json>> find_made_file(const fs::path& path, std::string_view identity) {
  return KeptFile(path).find([&](const Json& note) { return base::string_at(note, "identity") == identity; },
                             [&](const fs::path& aside) {
                               return base::Error{
                                   ErrorKind::integrity,
                                   fmt::format("{} is no longer the file that was made; set aside as {}",
                                               base::printable(path.string()), aside.filename().string()),
                                   "run again to make it anew; if it happens twice, check the disk"};
                             });
}

Result<std::string> record_made_file(const fs::path& path, std::string_view identity, const Json& facts) {
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  if (error) {
    return base::fail(ErrorKind::storage,
                      fmt::format("{} is gone: {}", base::printable(path.string()), error.message()));
  }
  Json note{{"identity", identity}, {"bytes", static_cast<std::int64_t>(bytes)}, {"sha256", nullptr}};
  note.update(facts);
  return KeptFile(path).record(std::move(note));
}

Result<std::vector<MadeFile>> list_made_files() {
  TRY_ASSIGN(const fs::path cache, base::cache_folder());
  std::vector<MadeFile> files;
  std::error_code error;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(cache, kOptions, error), end; !error && it != end;
       it.increment(error)) {
    if (it.depth() >= kDeepest) it.disable_recursion_pending();
    const std::string note_path = it->path().string();
    if (!note_path.ends_with(kNoteSuffix)) continue;
    const fs::path file = note_path.substr(0, note_path.size() - kNoteSuffix.size());
    const auto note = read_note(note_path);
    std::error_code missing;
    const std::uint64_t bytes = fs::file_size(file, missing);
    if (missing || !note || !base::string_at(*note, "identity") || !has_noted_size(*note, bytes)) continue;
    files.push_back({(*file.lexically_relative(cache).begin()).string(), file, bytes});
  }
  std::sort(files.begin(), files.end(), [](const MadeFile& a, const MadeFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace bantam::cache
