#include "predict/limits.hpp"

#include <gtest/gtest.h>

namespace bantam::predict {
namespace {

engine::MatrixRate rate(const char* type, std::int64_t columns, double bytes_per_s) {
  engine::MatrixRate one;
  one.type = type;
  one.columns = columns;
  one.bytes_per_s = bytes_per_s;
  return one;
}

// Q8_0 holds 32 weights in 34 bytes: 1e9 bytes/s at 40 columns are 2 x 32/34 x 1e9 x 40 operations.
TEST(FindLimits, TakesTheFastestProductOfSeveralColumns) {
  engine::Peaks peaks;
  peaks.read_bytes_per_s = 4e10;
  peaks.matrices = {rate("q8_0", 40, 1e9), rate("f16", 40, 5e8), rate("q8_0", 1, 9e9)};
  const auto limits = find_limits(peaks);
  ASSERT_TRUE(limits);
  EXPECT_DOUBLE_EQ(limits->bytes_per_s, 4e10);
  EXPECT_DOUBLE_EQ(limits->operations_per_s, 2.0 * 32.0 / 34.0 * 1e9 * 40.0);
}

TEST(FindLimits, IsAbsentWhereARateIsMissing) {
  engine::Peaks peaks;
  EXPECT_FALSE(find_limits(peaks));
  peaks.read_bytes_per_s = 4e10;
  EXPECT_FALSE(find_limits(peaks));
  peaks.matrices = {rate("q8_0", 1, 1e9)};
  EXPECT_FALSE(find_limits(peaks));
}

}  // namespace
}  // namespace bantam::predict
