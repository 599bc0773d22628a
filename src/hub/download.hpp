#pragma once
// Fetching one file into the cache: resumed where it was left, hashed while it is written, whole or not there
// at all, by one process at a time.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "hub/hub.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {

struct Transfer {
  std::string name;
  std::uint64_t done_bytes = 0;  // with what was there from an earlier sitting
  std::uint64_t total_bytes = 0;
  std::uint64_t received_bytes = 0;   // in this sitting
  std::optional<double> bytes_per_s;  // of this sitting; absent in its first moments
  std::optional<double> remaining_s;
  bool waiting = false;  // another process is fetching it
  // Of a data set that comes row by row, whose size in bytes nobody knows; 0 for files.
  std::uint64_t done_rows = 0;
  std::uint64_t total_rows = 0;
};
using OnTransfer = std::function<void(const Transfer&)>;

struct Downloaded {
  std::filesystem::path path;        // in the snapshot
  std::uint64_t received_bytes = 0;  // 0 when it was there already
};

// Fetches what is missing of the file. `on_transfer` may be empty; it is called at every block received.
//   environment   the hub or the network is in the way, or the hub is offline and the file not in the cache
//   storage       no space (checked before the first byte and while writing), or not writable
//   integrity     size or hash are not what the hub declared; nothing of it is left
//   interrupted   stopped by the user; what came so far is kept and is the start of the next call
base::Result<Downloaded> download(Hub& hub, const RemoteFile& file, const OnTransfer& on_transfer);

}  // namespace bantam::hub
