#include "run/answer_energy.hpp"

#include <gtest/gtest.h>

#include "measure/energy_figures.hpp"

namespace bantam::run {
namespace {

// 10 items in 4 s, at 40 W, of which 10 W are idling.
record::BlockEnergy part() {
  record::SourceEnergy source;
  source.name = "intel-rapl:package-0";
  source.is_headline = true;
  source.joules = 160.0;
  source.net_joules = 120.0;
  record::BlockEnergy energy;
  energy.window_s = 4.0;
  energy.requests = 10;
  energy.sources = {source};
  return energy;
}

TEST(add_part, adds_items_time_and_joules) {
  record::BlockEnergy sum = part();
  record::BlockEnergy more = part();
  more.window_s = 6.0;
  more.requests = 30;
  more.sources[0].joules = 240.0;
  add_part(sum, more);
  EXPECT_EQ(sum.requests, 40);
  EXPECT_DOUBLE_EQ(*sum.sources[0].joules, 400.0);
  EXPECT_DOUBLE_EQ(*sum.sources[0].mean_w, 40.0);
  EXPECT_DOUBLE_EQ(measure::answer_energy_figures(sum, {}).values.at("energy_per_item_j"), 10.0);
  EXPECT_DOUBLE_EQ(measure::answer_energy_figures(sum, {}).values.at("net_energy_per_item_j"), 6.0);
  EXPECT_FALSE(sum.power_trace_absent.empty());
}

TEST(add_part, has_no_figure_that_a_part_lacks) {
  record::BlockEnergy sum = part();
  record::BlockEnergy stuck = part();
  stuck.sources[0].joules.reset();
  stuck.sources[0].is_invalid = true;
  stuck.sources[0].absent["joules"] = "stuck";
  add_part(sum, stuck);
  add_part(sum, part());
  const auto figures = measure::answer_energy_figures(sum, {});
  EXPECT_TRUE(figures.values.empty());
  EXPECT_EQ(figures.absent.at("energy_per_item_j"), "stuck");
}

TEST(add_part, a_disturbed_part_leaves_no_figure) {
  record::BlockEnergy sum = part();
  record::BlockEnergy disturbed = part();
  disturbed.absent = "other programs used 30 % of the CPU time";
  add_part(sum, disturbed);
  EXPECT_EQ(measure::answer_energy_figures(sum, {}).absent.at("energy_per_item_j"), disturbed.absent);
}

}  // namespace
}  // namespace bantam::run
