#pragma once
// The cache folder that tools of the model hub share:
//   ROOT/models--USER--REPO/refs/REVISION            the commit that a branch or tag stood for
//   ROOT/models--USER--REPO/blobs/HASH               contents, named by their hash
//   ROOT/models--USER--REPO/snapshots/COMMIT/NAME    links to them: ../../blobs/HASH
// What another tool fetched is found here, and the other way round. Reads no network.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {

// Behind a blob's name: what has come of it so far, and the etag that this came with.
inline constexpr const char* kPartSuffix = ".bantam.incomplete";
inline constexpr const char* kEtagSuffix = ".bantam.incomplete.etag";

class HubCache {
 public:
  explicit HubCache(std::filesystem::path root) : root_(std::move(root)) {}

  // The first that is set: LLAMA_CACHE, HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME/hub,
  // XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub. environment when HOME is not set either.
  static base::Result<HubCache> shared();

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path repository_path(const Repository& repository) const;
  std::filesystem::path blob_path(const Repository& repository, const ContentHash& hash) const;
  std::filesystem::path snapshot_path(const Repository& repository, const std::string& commit) const;
  // The lock that one writer of a blob holds; the same file that other tools lock.
  std::filesystem::path lock_path(const Repository& repository, const ContentHash& hash) const;

  // The commit that a revision stood for when it was last asked for; a commit stands for itself. Absent when
  // it was never asked for.
  base::Result<std::optional<std::string>> known_commit(const Repository& repository,
                                                        const std::string& revision) const;

  // Files of a snapshot whose hash is known, which is the name of the blob that they are links to; sorted by
  // name. Contents are not checked. integrity for a link that leads out of the repository's folder.
  base::Result<std::vector<RemoteFile>> files_in(const Repository& repository,
                                                 const std::string& commit) const;

  // Whether a blob is there. It is read as a whole the first time; then its hash is remembered
  // (cache/cache.hpp). integrity when the content is not that of the hash: it is then set aside under its
  // name with ".corrupt".
  base::Result<bool> has_blob(const Repository& repository, const ContentHash& hash) const;

  // integrity when a place where fetching the file would write (in its snapshot, among the blobs, its lock)
  // is, or lies behind, a link that leads out of the repository's folder or that of its locks.
  base::Status check_place(const RemoteFile& file) const;
  // Puts a blob that is there into its snapshot and gives its path there. storage, and as check_place().
  base::Result<std::filesystem::path> link(const RemoteFile& file) const;
  base::Status remember_revision(const Repository& repository, const std::string& revision,
                                 const std::string& commit) const;

 private:
  std::filesystem::path root_;
};

// What is in the cache, for showing it.
struct CachedFile {
  std::string name;
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};
struct CachedSnapshot {
  Repository repository;
  std::string commit;
  std::vector<std::string> revisions;  // branches and tags that stand for it
  std::vector<CachedFile> files;       // sorted by name
  std::uint64_t bytes = 0;
};
// Sorted by repository and commit; what cannot be read or is not in this form is left out. Empty when there
// is no cache.
std::vector<CachedSnapshot> list_cached(const HubCache& cache);

}  // namespace bantam::hub
