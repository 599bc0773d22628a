#include "device/kernel_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::device {
namespace {

using ::testing::ElementsAre;

TEST(Field, IsFoundByItsWholeName) {
  const char* status = "RssAnonX:\t7 kB\nRssAnon:\t  116 kB\nEmpty:\n";
  EXPECT_EQ(field(status, "RssAnon"), "116 kB");
  EXPECT_EQ(integer_field(status, "RssAnon"), 116);
  EXPECT_EQ(field(status, "Empty"), "");
  EXPECT_FALSE(integer_field(status, "Empty").has_value());
  EXPECT_FALSE(field(status, "Rss").has_value());
  EXPECT_FALSE(field("", "Rss").has_value());
}

TEST(CpuList, UnfoldsRanges) {
  EXPECT_THAT(parse_cpu_list("0-2,5").value(), ElementsAre(0, 1, 2, 5));
  EXPECT_TRUE(parse_cpu_list("").value().empty());
}

TEST(CpuList, RefusesWhatTheKernelWouldNotWrite) {
  for (const char* text : {"a", "3-1", "-1", "1-2-3", "0-99999999999"}) {
    EXPECT_FALSE(parse_cpu_list(text).has_value()) << text;
  }
}

TEST(Words, AreSeparatedByBlanksAndTabs) {
  EXPECT_THAT(words(" a\tbc  d "), ElementsAre("a", "bc", "d"));
}

}  // namespace
}  // namespace bantam::device
