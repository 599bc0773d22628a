#pragma once
// Fetches one file and keeps it: resumed where it was left, hashed while it is written, whole or not there at
// all, by one process at a time. Files of repositories come into the cache that tools of the hub share
// (hub/hub_cache.hpp), files at other web addresses into our own.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "hub/client.hpp"
#include "hub/hub.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {

// How far fetching has come.
struct Transfer {
  // The rows of a data set that comes row by row; nobody knows its size in bytes.
  struct Rows {
    std::int64_t done = 0;
    std::int64_t total = 0;
  };

  std::string name;
  std::uint64_t done_bytes = 0;              // with what was there from an earlier sitting
  std::optional<std::uint64_t> total_bytes;  // absent when the server does not tell
  std::uint64_t received_bytes = 0;          // in this sitting
  std::optional<double> bytes_per_s;         // of this sitting; absent in its first moments
  std::optional<double> remaining_s;
  bool waiting = false;      // another process is fetching it
  std::optional<Rows> rows;  // then the bytes are not counted
};
using OnTransfer = std::function<void(const Transfer&)>;

struct Downloaded {
  std::filesystem::path path;        // of a repository's file: in its snapshot
  std::uint64_t received_bytes = 0;  // in this call; 0 when it was there already
};

// Fetches what is missing of a repository's file. `on_transfer` may be empty; it is called at every block
// received.
//   environment   the hub or the network is in the way, or the hub is offline and the file not in the cache
//   storage       no space (checked before the first byte and while writing), or not writable
//   integrity     size or hash are not what the hub declared; nothing of it is left
//   interrupted   stopped by the user; what came so far is kept and is the start of the next call
base::Result<Downloaded> download(Hub& hub, const RemoteFile& file, const OnTransfer& on_transfer);

// A file at a web address is kept as FOLDER/urls/HASH-OF-ADDRESS/NAME with a note of its hash
// (cache/kept_file.hpp). Nobody declares its size or hash beforehand; what was fetched is what counts from
// then on.

// bad_input when it is neither https nor http to this machine itself, or names no file.
base::Result<Url> parse_file_address(const std::string& address);

// Absent when it was not fetched. integrity when the file changed since; it is then set aside with ".corrupt"
// behind its name.
base::Result<std::optional<std::filesystem::path>> find_url_file(const std::filesystem::path& folder,
                                                                 const Url& url);

// Fetches the file, or finds it there. The token goes along only to the client's own host. `on_transfer` may
// be empty. environment, storage and interrupted as above; integrity as find_url_file(), and for more than 16
// GiB.
base::Result<Downloaded> fetch_url_file(Client& client, const std::filesystem::path& folder, const Url& url,
                                        const OnTransfer& on_transfer);

// For cache::lock_unless_there(): tells that another process is fetching `transfer` and waits a moment;
// interrupted when the user stopped it. All arguments must outlive the result.
std::function<base::Status()> wait_for_other(const Waiting& waiting, const Transfer& transfer,
                                             const OnTransfer& on_transfer);

}  // namespace bantam::hub
