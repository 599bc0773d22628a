#pragma once
// Little-endian values read in order from a source of bytes, never past its end. Knows nothing of what the
// bytes mean.

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

#include "base/result.hpp"
#include "model/byte_source.hpp"

namespace bantam::model {

class ByteReader {
 public:
  // The source must outlive the reader.
  explicit ByteReader(ByteSource& source) : source_(source) {}

  std::uint64_t size() const { return source_.size(); }
  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return size() - offset_; }
  const std::string& name() const { return source_.name(); }

  // bad_input when fewer bytes are left; `what` names them in the message ("the length of key 3").
  base::Status bytes(void* target, std::uint64_t count, const char* what);
  base::Status skip(std::uint64_t count, const char* what);

  template <typename Number>
  base::Result<Number> number(const char* what) {
    static_assert(std::is_arithmetic_v<Number>);
    Number value{};
    TRY(bytes(&value, sizeof value, what));
    return value;
  }

  // A 64-bit length and that many bytes; bad_input when longer than `longest`.
  base::Result<std::string> text(std::uint64_t longest, const char* what);

  // The first bytes of the file, at most `count`; does not move.
  base::Result<std::string> first_bytes(std::uint64_t count);

  // "FILE: cause", kind bad_input, with the advice to get the file again.
  tl::unexpected<base::Error> damaged(const std::string& cause) const;

 private:
  base::Status refill();
  tl::unexpected<base::Error> too_short(const char* what, std::uint64_t count) const;

  ByteSource& source_;
  std::uint64_t offset_ = 0;        // of the next byte in the file
  std::uint64_t buffer_begin_ = 0;  // file offset of buffer_[0]
  std::string buffer_;
};

}  // namespace bantam::model
