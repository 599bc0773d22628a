#include "model/made_files.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/files.hpp"
#include "base/json.hpp"

namespace bantam::model {
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

}  // namespace bantam::model
