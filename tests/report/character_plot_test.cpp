#include "report/character_plot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CharacterPlot, PutsEachPointWhereItBelongs) {
  const std::vector<PlotPoint> points{
      {10.0, 1.0, "slow", false}, {20.0, 3.0, "fast", true}, {15.0, 2.0, "middle", true}};
  // 21 places for x from 10 to 20, three for y from 1 to 3; letters run down from the best.
  EXPECT_THAT(character_plot(points, {"Speed", "Quality"}, 31, 3),
              ElementsAre("Quality",                          //
                          "    3.00 |                    A",  //
                          "         |          B",            //
                          "    1.00 |c",                      //
                          "         +---------------------",  //
                          "          10.0    Speed    20.0",  //
                          "A fast   B middle   c slow"));
}

TEST(CharacterPlot, PointsOnOnePlaceLieSideBySide) {
  const auto lines = character_plot(
      {{1.0, 1.0, "one", true}, {1.0, 1.0, "two", true}, {2.0, 2.0, "three", true}}, {"x", "y"}, 21, 3);
  EXPECT_EQ(lines[3], "    1.00 |BC");
}

TEST(CharacterPlot, GoesByMagnitudeWhereTheRangeIsWide) {
  const auto lines = character_plot(
      {{1.0, 1.0, "one", true}, {10.0, 2.0, "two", true}, {100.0, 3.0, "three", true}}, {"x", "y"}, 21, 3);
  EXPECT_EQ(lines[2], "         |     B");  // 10 lies in the middle of 1 and 100
}

TEST(CharacterPlot, IsLeftOutWhereItWouldTellNothing) {
  EXPECT_THAT(character_plot({}, {"x", "y"}), IsEmpty());
  EXPECT_THAT(character_plot({{1.0, 1.0, "one", true}}, {"x", "y"}), IsEmpty());
  EXPECT_THAT(character_plot({{1.0, 1.0, "one", true}, {1.0, 1.0, "two", true}}, {"x", "y"}), IsEmpty());
  EXPECT_THAT(character_plot(std::vector<PlotPoint>(27, {1.0, 1.0, "one", true}), {"x", "y"}), IsEmpty());
}

}  // namespace
}  // namespace bantam::report
