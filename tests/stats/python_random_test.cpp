#include "stats/python_random.hpp"

#include <gmock/gmock.h>

namespace bantam::stats {
namespace {

using testing::ElementsAre;

// Expected values: CPython 3.11, random.Random(seed).sample(range(population), count), one generator running
// on.
TEST(PythonRandom, DrawsWhatPythonDraws) {
  PythonRandom random(1234);
  EXPECT_THAT(random.sample(10, 3), ElementsAre(7, 1, 0));
  EXPECT_THAT(random.sample(1000, 4), ElementsAre(92, 932, 965, 961));
  EXPECT_THAT(random.sample(30, 8), ElementsAre(25, 18, 1, 21, 22, 2, 3, 11));
  EXPECT_THAT(random.sample(100, 6), ElementsAre(30, 2, 3, 44, 82, 79));
}

TEST(PythonRandom, SeedsBeyond32Bits) {
  PythonRandom random((std::uint64_t{1} << 40) + 7);
  EXPECT_THAT(random.sample(50, 5), ElementsAre(39, 47, 40, 36, 45));
}

// random.Random(1234).random(), and random.Random(0).choices(range(10), k=8).
TEST(PythonRandom, DrawsWithReplacementWhatPythonDraws) {
  PythonRandom random(1234);
  EXPECT_EQ(random.uniform(), 0.9664535356921388);
  EXPECT_EQ(random.uniform(), 0.4407325991753527);
  PythonRandom other(0);
  std::vector<std::size_t> drawn(8);
  other.choices(10, drawn);
  EXPECT_THAT(drawn, ElementsAre(8, 7, 4, 2, 5, 4, 7, 3));
}

}  // namespace
}  // namespace bantam::stats
