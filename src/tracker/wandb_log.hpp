#pragma once
// The framing of W&B's .wandb files: a head of 7 bytes, then records in LevelDB's log format, of which only
// the checksum differs (zlib's CRC-32 instead of CRC-32C). Knows nothing of what the records hold.

#include <cstddef>
#include <string>
#include <string_view>

namespace bantam::tracker {

class WandbLog {
 public:
  // Begins with the head.
  WandbLog();
  // A record goes on over the borders of blocks of 32 KiB in as many parts as it takes; a record without
  // bytes is one part.
  void add(std::string_view record);
  const std::string& bytes() const { return bytes_; }

 private:
  void add_part(std::string_view part, bool is_first, bool is_last);

  std::string bytes_;
};

}  // namespace bantam::tracker
