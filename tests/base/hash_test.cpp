#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bantam::base {
namespace {

// FIPS 180-2: the SHA-256 of "abc" begins with ba7816bf8f01cfe, that of "" with e3b0c44298fc1c1.
TEST(short_sha256, is_the_beginning_of_the_hash) {
  EXPECT_EQ(short_sha256("abc"), 0xba7816bf8f01cfeLL);
  EXPECT_EQ(short_sha256(""), 0xe3b0c44298fc1c1LL);
  EXPECT_EQ(short_sha256("abc"), 0xba7816bf8f01cfeLL) << "once more, with what was kept";
  const std::string long_text(100'000, 'x');
  EXPECT_EQ(short_sha256(long_text), std::stoll(sha256(long_text).substr(0, 15), nullptr, 16));
}

}  // namespace
}  // namespace bantam::base
