#include "tracker/wandb_log.hpp"

#include <algorithm>
#include <cstdint>

#include "tracker/crc.hpp"
#include "tracker/protobuf.hpp"

namespace bantam::tracker {
namespace {

constexpr std::string_view kIdentity = ":W&B";
constexpr std::uint64_t kMagic = 0xBEE1;
constexpr char kVersion = 0;

constexpr std::size_t kBlock = 32 * 1024;
constexpr std::size_t kPartHead = 7;  // checksum (4 bytes), length (2), type (1)

// Types of parts.
constexpr char kFull = 1;
constexpr char kFirst = 2;
constexpr char kMiddle = 3;
constexpr char kLast = 4;

}  // namespace

WandbLog::WandbLog() : bytes_(kIdentity) {
  bytes_ += little_endian(kMagic, 2) + kVersion;
}

void WandbLog::add_part(std::string_view part, bool is_first, bool is_last) {
  char type = is_first ? kFirst : kMiddle;
  if (is_last) type = is_first ? kFull : kLast;
  std::string checked(1, type);
  checked += part;
  bytes_ += little_endian(crc32(checked), 4) + little_endian(part.size(), 2);
  bytes_ += checked;
}

void WandbLog::add(std::string_view record) {
  bool is_first = true;
  do {
    std::size_t left = kBlock - bytes_.size() % kBlock;
    if (left < kPartHead) {
      bytes_.append(left, '\0');
      left = kBlock;
    }
    const std::string_view part = record.substr(0, left - kPartHead);
    record.remove_prefix(part.size());
    add_part(part, is_first, record.empty());
    is_first = false;
  } while (!record.empty());
}

}  // namespace bantam::tracker
