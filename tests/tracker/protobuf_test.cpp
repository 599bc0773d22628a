#include "tracker/protobuf.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bantam::tracker {
namespace {

using namespace std::string_literals;

// The examples of the description of the wire format (protobuf.dev/programming-guides/encoding).
TEST(Protobuf, IsAsItsDescriptionShows) {
  EXPECT_EQ(Message().varint(1, 150).bytes(), "\x08\x96\x01"s);
  EXPECT_EQ(Message().text(2, "testing").bytes(), "\x12\x07testing"s);
  EXPECT_EQ(Message().message(3, Message().varint(1, 150)).bytes(), "\x1a\x03\x08\x96\x01"s);
  EXPECT_EQ(Message().integer(1, -2).bytes(), "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
}

TEST(Protobuf, TakesFieldsOfLargeNumbersAndZero) {
  EXPECT_EQ(Message().text(16, "").bytes(), "\x82\x01\x00"s);
  EXPECT_EQ(Message().varint(200, 0).bytes(), "\xc0\x0c\x00"s);
}

// IEEE 754: 1.0 is 3FF0..., 25.4 as a float is 41CB3333.
TEST(Protobuf, WritesNumbersFromTheirLowestByte) {
  EXPECT_EQ(Message().real(1, 1.0).bytes(), "\x09\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
  EXPECT_EQ(Message().single(2, 25.4F).bytes(), "\x15\x33\x33\xcb\x41"s);
  EXPECT_EQ(little_endian(0xBEE1, 2), "\xe1\xbe"s);
}

}  // namespace
}  // namespace bantam::tracker
