#pragma once
// The unfinished file beside a blob: what has come so far with its hash, and the etag of the response that it
// came from, so that the rest can be asked for later. Knows nothing of the network.
//   blobs/HASH.bantam.incomplete        the bytes
//   blobs/HASH.bantam.incomplete.etag   the etag, written before the first byte

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "hub/hub.hpp"
#include "hub/repository.hpp"

namespace bantam::hub {

class PartFile {
 public:
  // Opens what an earlier sitting left, and reads it through for its hash; starts anew when there is nothing
  // to continue from. storage.
  static base::Result<PartFile> open(const std::filesystem::path& blob, const RemoteFile& file);

  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile();

  std::uint64_t bytes() const { return bytes_; }
  // Of the response that the bytes came from; empty when it had none that a continuation could name.
  const std::string& etag() const { return etag_; }
  // True when the content comes from more than one response.
  bool is_continued() const { return continued_; }

  // Empties the file, to hold a response with this etag.
  base::Status start(const std::string& etag);
  // storage when the disk is full. What was written stays.
  base::Status append(std::string_view block);
  // Gives the whole file its final name. integrity, and nothing is left, when its content does not have the
  // expected hash.
  base::Status publish();
  // Takes the file and the note away.
  void remove();
  bool has_expected_hash();

 private:
  PartFile(std::filesystem::path blob, const RemoteFile& file, int descriptor);
  base::Status read_through();
  base::Digest fresh_digest() const;

  std::filesystem::path blob_, path_, note_;
  ContentHash expected_;
  std::uint64_t expected_bytes_;
  int descriptor_;
  base::Digest digest_;
  std::string digest_hex_;  // once the digest has ended
  std::string etag_;
  std::uint64_t bytes_ = 0;
  std::uint64_t unsynced_bytes_ = 0;
  bool continued_ = false;
};

// Fetching one file into the cache: resumed where it was left, hashed while it is written, whole or not there
// at all, by one process at a time.

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
