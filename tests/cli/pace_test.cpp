#include "cli/pace.hpp"

#include <gtest/gtest.h>

namespace bantam::cli {
namespace {

using record::CellKind;

TEST(Pace, corrects_forecasts_by_cells_of_the_same_kind) {
  Pace pace({{CellKind::performance, 100.0, {}},
             {CellKind::performance, 200.0, {}},
             {CellKind::accuracy, 50.0, 400},
             {CellKind::performance, 100.0, {}, true}});
  EXPECT_EQ(pace.expected_s(1), 200.0);
  EXPECT_EQ(pace.others_s(0)->seconds, 250.0) << "the last one is over";
  pace.on_finished(0, 50.0);
  EXPECT_EQ(pace.expected_s(1), 100.0) << "half as long as forecast";
  EXPECT_EQ(pace.expected_s(2), 50.0) << "of another kind";
  EXPECT_EQ(pace.items(2), 400);
  EXPECT_EQ(pace.others_s(1)->seconds, 50.0);
}

TEST(Pace, what_nobody_can_tell_makes_the_sum_a_least_one) {
  Pace pace({{CellKind::fidelity, {}, {}}, {CellKind::fidelity, {}, {}}, {CellKind::accuracy, 10.0, {}}});
  EXPECT_FALSE(pace.expected_s(0));
  EXPECT_EQ(pace.others_s(0)->seconds, 10.0);
  EXPECT_TRUE(pace.others_s(0)->is_least);
  pace.on_finished(0, 7.0);
  EXPECT_EQ(pace.expected_s(1), 7.0) << "as long as its kin took";
  EXPECT_FALSE(pace.others_s(1)->is_least);
}

TEST(Pace, nothing_is_left_after_the_last_cell) {
  Pace pace({{CellKind::accuracy, 10.0, {}}});
  EXPECT_FALSE(pace.others_s(0));
  EXPECT_FALSE(pace.expected_s(5)) << "not forecast";
}

}  // namespace
}  // namespace bantam::cli
