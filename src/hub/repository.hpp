#pragma once
// Repositories of the model hub: their names, revisions and files. Models and data sets are two kinds of the
// same thing. Knows nothing of where files are kept (hub/hub_cache.hpp) or of what is in them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "hub/client.hpp"

namespace bantam::hub {

enum class RepositoryKind { models, datasets };

struct Repository {
  RepositoryKind kind = RepositoryKind::models;
  std::string name;  // "user/repo"

  bool operator==(const Repository&) const = default;
};

// The hash that names a file's content: SHA-256 for large files, git's blob id (SHA-1) for small ones.
struct ContentHash {
  enum class Algorithm { sha256, git_blob };
  Algorithm algorithm = Algorithm::sha256;
  std::string hex;  // 64 or 40 lower-case digits
};
// Tells the algorithm by the length; absent when `hex` is neither.
std::optional<ContentHash> content_hash(std::string_view hex);

// A file of one commit.
struct RemoteFile {
  Repository repository;
  std::string commit;  // 40 hexadecimal digits
  std::string name;    // path inside the repository, with '/'
  std::uint64_t bytes = 0;
  ContentHash hash;
};

struct Listing {
  Repository repository;
  std::string revision;  // as asked for
  std::string commit;
  std::vector<RemoteFile> files;  // sorted by name
};

inline constexpr const char* kMainRevision = "main";

// "user/repo", under the rules of both POSIX and Windows. usage when it is anything else.
base::Result<Repository> parse_repository(RepositoryKind kind, std::string_view text);
// A branch, a tag or a commit. usage.
base::Status check_revision(std::string_view text);
bool is_commit(std::string_view text);
// A name that the hub gave for a file: relative, no "..", no backslash, drive, device name, control character
// or hidden mark, nothing that one system or reader takes for something else than another. integrity.
base::Status check_file_name(std::string_view name);

// All files of a revision with sizes and hashes, pinned to a commit. environment when the repository or
// revision is not there or not for us; integrity when the answer is malformed, names files outside the
// repository, or gives a file no hash.
base::Result<Listing> list_files(Client& client, const Repository& repository, std::string_view revision);

// The address of a file's content.
Url content_url(const Client& client, const RemoteFile& file);

// `count` bytes of the file from `offset` on; fewer only at its end. For reading the head of a file that is
// not fetched. At most 64 MiB at once.
base::Result<std::string> read_range(Client& client, const RemoteFile& file, std::uint64_t offset,
                                     std::uint64_t count);

}  // namespace bantam::hub
