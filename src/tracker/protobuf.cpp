#include "tracker/protobuf.hpp"

#include <bit>

namespace bantam::tracker {
namespace {

// Wire types.
constexpr std::uint32_t kVarint = 0;
constexpr std::uint32_t kFixed64 = 1;
constexpr std::uint32_t kLengthDelimited = 2;
constexpr std::uint32_t kFixed32 = 5;

constexpr int kTypeBits = 3;
constexpr int kVarintBits = 7;
constexpr std::uint64_t kVarintMask = 0x7F;
constexpr std::uint64_t kMoreFollows = 0x80;
constexpr std::uint64_t kByteMask = 0xFF;
constexpr int kByteBits = 8;

}  // namespace

std::string little_endian(std::uint64_t value, int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += static_cast<char>(value & kByteMask);
    value >>= kByteBits;
  }
  return bytes;
}

void Message::put_varint(std::uint64_t value) {
  while (value > kVarintMask) {
    bytes_ += static_cast<char>((value & kVarintMask) | kMoreFollows);
    value >>= kVarintBits;
  }
  bytes_ += static_cast<char>(value);
}

void Message::put_fixed(std::uint64_t value, int bytes) {
  bytes_ += little_endian(value, bytes);
}

void Message::tag(std::uint32_t field, std::uint32_t wire_type) {
  put_varint((std::uint64_t{field} << kTypeBits) | wire_type);
}

Message& Message::varint(std::uint32_t field, std::uint64_t value) {
  tag(field, kVarint);
  put_varint(value);
  return *this;
}

Message& Message::integer(std::uint32_t field, std::int64_t value) {
  return varint(field, std::bit_cast<std::uint64_t>(value));
}

Message& Message::text(std::uint32_t field, std::string_view value) {
  tag(field, kLengthDelimited);
  put_varint(value.size());
  bytes_ += value;
  return *this;
}

Message& Message::message(std::uint32_t field, const Message& value) {
  return text(field, value.bytes());
}

Message& Message::real(std::uint32_t field, double value) {
  tag(field, kFixed64);
  put_fixed(std::bit_cast<std::uint64_t>(value), 8);
  return *this;
}

Message& Message::single(std::uint32_t field, float value) {
  tag(field, kFixed32);
  put_fixed(std::bit_cast<std::uint32_t>(value), 4);
  return *this;
}

}  // namespace bantam::tracker
