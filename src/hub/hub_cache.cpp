#include "hub/hub_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <system_error>

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "cache/hashing.hpp"
#include "cache/kept_file.hpp"
#include "cache/places.hpp"

namespace bantam::hub {
namespace fs = std::filesystem;
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kMaxReferenceBytes = 256;
constexpr std::string_view kTemporarySuffix = ".tmp";

std::string folder_prefix(RepositoryKind kind) {
  return kind == RepositoryKind::models ? "models--" : "datasets--";
}

Result<std::string> compute_hash(const fs::path& path, ContentHash::Algorithm algorithm) {
  if (algorithm == ContentHash::Algorithm::sha256) return cache::cached_sha256(path);
  std::error_code error;
  const auto bytes = fs::file_size(path, error);
  return cache::watched_hash(path, base::Digest::git_blob(error ? 0 : bytes));
}

// The names below `folder`, relative to it, that are no folders. Links to folders are not entered.
std::vector<std::string> names_below(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); entry != fs::end(entry);
       entry.increment(error)) {
    if (error) break;
    if (!entry->is_directory(error) || entry->is_symlink(error))
      names.push_back(entry->path().lexically_relative(folder).generic_string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<std::string> reference_text(const fs::path& path) {
  const auto text = base::read_file(path, kMaxReferenceBytes);
  const std::string commit(text ? base::trim(*text) : "");
  return is_commit(commit) ? std::optional(commit) : std::nullopt;
}

}  // namespace

Result<HubCache> HubCache::shared() {
  struct Variable {
    const char* name;
    const char* below;
  };
  for (const auto& [name, below] :
       {Variable{"LLAMA_CACHE", ""}, Variable{"HF_HUB_CACHE", ""}, Variable{"HUGGINGFACE_HUB_CACHE", ""},
        Variable{"HF_HOME", "hub"}, Variable{"XDG_CACHE_HOME", "huggingface/hub"},
        Variable{"HOME", ".cache/huggingface/hub"}}) {
    const char* value = std::getenv(name);
    if (value && *value) return HubCache(*below ? fs::path(value) / below : fs::path(value));
  }
  return base::fail(ErrorKind::environment, "no cache for models of the hub: HOME is not set",
                    "set HF_HUB_CACHE to a folder");
}

fs::path HubCache::repository_path(const Repository& repository) const {
  return root_ / (folder_prefix(repository.kind) + base::replace_all(repository.name, "/", "--"));
}

fs::path HubCache::blob_path(const Repository& repository, const ContentHash& hash) const {
  return repository_path(repository) / "blobs" / hash.hex;
}

fs::path HubCache::snapshot_path(const Repository& repository, const std::string& commit) const {
  return repository_path(repository) / "snapshots" / commit;
}

fs::path HubCache::lock_path(const Repository& repository, const ContentHash& hash) const {
  return root_ / ".locks" / repository_path(repository).filename() / (hash.hex + ".lock");
}

Result<std::optional<std::string>> HubCache::known_commit(const Repository& repository,
                                                          const std::string& revision) const {
  TRY(check_revision(revision));
  if (is_commit(revision)) return revision;
  const fs::path path = repository_path(repository) / "refs" / revision;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  TRY(cache::check_inside(path, repository_path(repository)));
  if (auto commit = reference_text(path)) return commit;
  return base::fail(ErrorKind::integrity, fmt::format("{} holds no commit", base::printable(path.string())),
                    "remove it and fetch the model again");
}

Result<std::vector<RemoteFile>> HubCache::files_in(const Repository& repository,
                                                   const std::string& commit) const {
  std::vector<RemoteFile> files;
  const fs::path folder = snapshot_path(repository, commit);
  for (const std::string& name : names_below(folder)) {
    TRY_ASSIGN(const fs::path blob, cache::resolve_inside(folder / name, repository_path(repository)));
    const auto hash = content_hash(blob.filename().string());
    std::error_code error;
    const auto bytes = fs::file_size(blob, error);
    if (error || !hash || blob.parent_path().filename() != "blobs") continue;
    files.push_back({repository, commit, name, bytes, *hash});
  }
  return files;
}

Result<bool> HubCache::has_blob(const Repository& repository, const ContentHash& hash) const {
  const fs::path path = blob_path(repository, hash);
  TRY(cache::check_inside(path, repository_path(repository)));
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return false;
  TRY_ASSIGN(const std::string hex, compute_hash(path, hash.algorithm));
  if (hex == hash.hex) return true;
  return cache::set_aside(path, [&](const fs::path& aside) {
    return base::Error{ErrorKind::integrity,
                       fmt::format("{} does not hold what its name says; it is now {}",
                                   base::printable(path.string()), base::printable(aside.string())),
                       "fetch the model again; the disk or another tool has damaged the file"};
  });
}

base::Status HubCache::check_place(const RemoteFile& file) const {
  TRY(check_file_name(file.name));
  const fs::path folder = repository_path(file.repository);
  const fs::path blob = blob_path(file.repository, file.hash);
  TRY(cache::check_inside(snapshot_path(file.repository, file.commit) / file.name, folder));
  for (const char* suffix : {"", kPartSuffix, kEtagSuffix})
    TRY(cache::check_inside(blob.string() + suffix, folder));
  return cache::check_inside(lock_path(file.repository, file.hash), root_ / ".locks");
}

namespace {

// Links NAME.PID.tmp to the same blob, of processes that were killed before they renamed them; under the
// file's lock.
void remove_temporary_links(const fs::path& path, const fs::path& target) {
  const std::string beginning = path.filename().string() + ".";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path.parent_path(), error)) {
    const std::string file_name = entry.path().filename().string();
    std::string_view name = file_name;
    if (!name.starts_with(beginning) || !name.ends_with(kTemporarySuffix)) continue;
    name.remove_prefix(beginning.size());
    name.remove_suffix(std::min(name.size(), kTemporarySuffix.size()));
    if (base::parse_integer(name) && fs::read_symlink(entry.path(), error) == target)
      ::unlink(entry.path().c_str());
  }
}

}  // namespace

Result<fs::path> HubCache::link(const RemoteFile& file) const {
  TRY(check_place(file));
  const fs::path path = snapshot_path(file.repository, file.commit) / file.name;
  TRY(base::make_folders(path.parent_path()));
  const fs::path target = blob_path(file.repository, file.hash).lexically_relative(path.parent_path());
  std::error_code error;
  if (fs::read_symlink(path, error) == target && !error) return path;
  TRY_ASSIGN(const auto lock, cache::FileLock::take(lock_path(file.repository, file.hash)));
  remove_temporary_links(path, target);
  // A name of this process's own, then a rename: never a moment without the file.
  const fs::path temporary = path.string() + fmt::format(".{}{}", ::getpid(), kTemporarySuffix);
  ::unlink(temporary.c_str());
  if (::symlink(target.c_str(), temporary.c_str()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int number = errno;
    ::unlink(temporary.c_str());
    return base::fail(
        ErrorKind::storage,
        fmt::format("cannot make the link {}: {}", base::printable(path.string()), base::errno_text(number)),
        "put the cache (HF_HUB_CACHE) on a file system with symbolic links");
  }
  return path;
}

base::Status HubCache::remember_revision(const Repository& repository, const std::string& revision,
                                         const std::string& commit) const {
  TRY(check_revision(revision));
  if (is_commit(revision)) return {};
  const fs::path path = repository_path(repository) / "refs" / revision;
  TRY(cache::check_inside(path.parent_path(), repository_path(repository)));
  if (reference_text(path) == commit) return {};
  return base::write_file_atomically(path, commit);
}

namespace {

// Which branches and tags stand for which commit.
std::multimap<std::string, std::string> revisions_by_commit(const fs::path& repository_folder) {
  std::multimap<std::string, std::string> revisions;
  for (const std::string& revision : names_below(repository_folder / "refs")) {
    if (const auto commit = reference_text(repository_folder / "refs" / revision))
      revisions.emplace(*commit, revision);
  }
  return revisions;
}

CachedSnapshot snapshot_from(const HubCache& cache, const Repository& repository, const std::string& commit) {
  CachedSnapshot snapshot{repository, commit, {}, {}, 0};
  const fs::path folder = cache.snapshot_path(repository, commit);
  for (const std::string& name : names_below(folder)) {
    std::error_code error;
    const auto bytes = fs::file_size(folder / name, error);
    if (error || !cache::check_inside(folder / name, cache.repository_path(repository))) continue;
    snapshot.files.push_back({name, folder / name, bytes});
    snapshot.bytes += bytes;
  }
  return snapshot;
}

}  // namespace

std::vector<CachedSnapshot> list_cached(const HubCache& cache) {
  std::vector<CachedSnapshot> snapshots;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(cache.root(), error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("models--")) continue;
    // "--" between user and repository; neither may hold it itself on the hub.
    const std::string spelled = base::replace_all(name.substr(8), "--", "/");
    const auto repository = parse_repository(RepositoryKind::models, spelled);
    if (!repository) continue;
    const auto revisions = revisions_by_commit(entry.path());
    std::error_code missing;
    for (const fs::directory_entry& commit : fs::directory_iterator(entry.path() / "snapshots", missing)) {
      CachedSnapshot snapshot = snapshot_from(cache, *repository, commit.path().filename().string());
      const auto [first, last] = revisions.equal_range(snapshot.commit);
      for (auto at = first; at != last; ++at) snapshot.revisions.push_back(at->second);
      if (!snapshot.files.empty()) snapshots.push_back(std::move(snapshot));
    }
  }
  std::sort(snapshots.begin(), snapshots.end(), [](const CachedSnapshot& a, const CachedSnapshot& b) {
    return std::tie(a.repository.name, a.commit) < std::tie(b.repository.name, b.commit);
  });
  return snapshots;
}

}  // namespace bantam::hub
