#include "model/byte_reader.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <bit>
#include <utility>

static_assert(std::endian::native == std::endian::little, "GGUF files are read as little-endian");

namespace bantam::model {
namespace {

constexpr std::uint64_t kBufferBytes = 256 * 1024;

}  // namespace

base::Status ByteReader::refill() {
  TRY_ASSIGN(buffer_, source_.read(offset_, std::min(left(), kBufferBytes)));
  buffer_begin_ = offset_;
  return {};
}

base::Status ByteReader::bytes(void* target, std::uint64_t count, const char* what) {
  if (count > left()) return too_short(what, count);
  char* to = static_cast<char*>(target);
  while (count > 0) {
    if (offset_ < buffer_begin_ || offset_ >= buffer_begin_ + buffer_.size()) TRY(refill());
    const std::uint64_t at = offset_ - buffer_begin_;
    const std::uint64_t part = std::min<std::uint64_t>(count, buffer_.size() - at);
    std::memcpy(to, buffer_.data() + at, part);
    to += part;
    offset_ += part;
    count -= part;
  }
  return {};
}

base::Status ByteReader::skip(std::uint64_t count, const char* what) {
  if (count > left()) return too_short(what, count);
  offset_ += count;
  return {};
}

base::Result<std::string> ByteReader::text(std::uint64_t longest, const char* what) {
  TRY_ASSIGN(const auto length, number<std::uint64_t>(what));
  if (length > left()) return too_short(what, length);
  if (length > longest) {
    return damaged(fmt::format("{} is {} bytes long; at most {} make sense", what, length, longest));
  }
  std::string value(length, '\0');
  TRY(bytes(value.data(), length, what));
  return value;
}

base::Result<std::string> ByteReader::first_bytes(std::uint64_t count) {
  const std::uint64_t here = std::exchange(offset_, 0);
  std::string value(std::min(count, size()), '\0');
  base::Status read = bytes(value.data(), value.size(), "the start");
  offset_ = here;
  TRY(std::move(read));
  return value;
}

tl::unexpected<base::Error> ByteReader::damaged(const std::string& cause) const {
  return base::fail(base::ErrorKind::bad_input, fmt::format("{}: {}", name(), cause),
                    "the file is damaged or was cut: download or convert it again");
}

tl::unexpected<base::Error> ByteReader::too_short(const char* what, std::uint64_t count) const {
  return damaged(fmt::format("{} at byte {} would take {} bytes, but the file ends after {}", what, offset_,
                             count, size()));
}

}  // namespace bantam::model
