#include "base/base64.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace bantam::base {
namespace {

// RFC 4648, section 10, and bytes above 127.
const std::pair<std::string, std::string> kKnown[] = {{"", ""},
                                                      {"f", "Zg=="},
                                                      {"fo", "Zm8="},
                                                      {"foo", "Zm9v"},
                                                      {"foob", "Zm9vYg=="},
                                                      {"fooba", "Zm9vYmE="},
                                                      {"foobar", "Zm9vYmFy"},
                                                      {"\xff\xfe\xfd", "//79"}};

TEST(Base64, KnownTexts) {
  for (const auto& [bytes, text] : kKnown) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, EachByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, WhatIsNoneIsRefused) {
  for (const char* text :
       {"Z", "Zg", "Zg=", "Zg==Zg==", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "====", "=Zg=", "Zm9-"})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace bantam::base
