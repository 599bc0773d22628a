#pragma once
// Messages of protocol buffers, written field by field in the wire format
// (protobuf.dev/programming-guides/encoding). Knows no message: numbers and types of fields are the caller's.

#include <cstdint>
#include <string>
#include <string_view>

namespace bantam::tracker {

class Message {
 public:
  // int32, int64, uint64, bool and enum. Written also where it is 0, which readers take as the default.
  Message& varint(std::uint32_t field, std::uint64_t value);
  // A negative number takes ten bytes.
  Message& integer(std::uint32_t field, std::int64_t value);
  // A string, whose bytes are UTF-8, or bytes.
  Message& text(std::uint32_t field, std::string_view value);
  Message& message(std::uint32_t field, const Message& value);
  Message& real(std::uint32_t field, double value);   // double
  Message& single(std::uint32_t field, float value);  // float

  const std::string& bytes() const { return bytes_; }

 private:
  void tag(std::uint32_t field, std::uint32_t wire_type);
  void put_varint(std::uint64_t value);
  void put_fixed(std::uint64_t value, int bytes);

  std::string bytes_;
};

// Little-endian bytes of a number, the lowest `count` of them.
std::string little_endian(std::uint64_t value, int count);

}  // namespace bantam::tracker
