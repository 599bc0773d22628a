#include "tracker/crc.hpp"

#include <gtest/gtest.h>

#include <string>

namespace bantam::tracker {
namespace {

// The check values of the catalogue of parametrised CRC algorithms (reveng.sourceforge.io/crc-catalogue).
TEST(Crc, GivesTheCheckValuesOfItsKinds) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32c(""), 0U);
}

// RFC 3720, appendix B.4.
TEST(Crc, TakesBytesThatAreNoText) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
}

}  // namespace
}  // namespace bantam::tracker
