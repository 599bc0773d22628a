#include "record/power_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "record/block_energy.hpp"
#include "record/resources.hpp"

namespace bantam::record {
namespace {

using ::testing::HasSubstr;

// Half a second before, a window of one second, and a quarter behind it, in bins of a quarter.
PowerTrace sample() {
  PowerTrace trace;
  trace.begin_s = -0.5;
  trace.bin_s = 0.25;
  trace.window_s = 1.0;
  trace.watts = {4.0, 8.0, 20.0, 24.0, 16.0, 20.0, 6.0};
  trace.phases = {{"idle_before", -0.5, -0.25}, {"load", -0.25, 0.0}};
  trace.requests = {{0.0, 0.125, 0.5}, {0.5, 0.625, 1.0}};
  return trace;
}

BlockEnergy block_with(const PowerTrace& trace) {
  SourceEnergy source;
  source.name = "rapl";
  source.kind = "rapl";
  source.scope = "package";
  source.grade = "B";
  source.is_headline = true;
  source.joules = 20.0;
  BlockEnergy energy;
  energy.window_s = 1.0;
  energy.requests = 2;
  energy.sources = {source};
  energy.power_trace = trace;
  return energy;
}

TEST(PowerTrace, ItsWindowsBinsAddUp) {
  EXPECT_DOUBLE_EQ(sample().window_joules(), (20.0 + 24.0 + 16.0 + 20.0) * 0.25);
  EXPECT_DOUBLE_EQ(sample().end_s(), 1.25);
}

TEST(PowerTrace, ComesBackAsItWas) {
  PowerTrace trace = sample();
  trace.cut = "its readings begin late";
  const auto again = power_trace_from(to_json(trace));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, trace);
  const auto block = block_energy_from(to_json(block_with(trace)));
  ASSERT_TRUE(block) << block.error().message;
  EXPECT_EQ(block->power_trace, trace);
}

TEST(PowerTrace, WhatCannotBeIsRefused) {
  const auto refused = [](const char* path, const base::Json& value) {
    base::Json json = to_json(sample());
    json[base::Json::json_pointer(path)] = value;
    const auto read = power_trace_from(json);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_THAT(refused("/bin_s", "short"), HasSubstr("lacks 'begin_s', 'bin_s'"));
  EXPECT_THAT(refused("/bin_s", 0.0), HasSubstr("times that cannot be"));
  EXPECT_THAT(refused("/begin_s", 0.5), HasSubstr("times that cannot be"));
  EXPECT_THAT(refused("/window_s", 1.1), HasSubstr("no whole number of bins"));
  EXPECT_THAT(refused("/window_s", 2.0), HasSubstr("ends before its window"));
  EXPECT_THAT(refused("/watts", std::vector<double>(401, 1.0)), HasSubstr("1 to 400 bins"));
  EXPECT_THAT(refused("/watts", base::Json::array()), HasSubstr("1 to 400 bins"));
  EXPECT_THAT(refused("/watts/0", -1.0), HasSubstr("a power that cannot be"));
  EXPECT_THAT(refused("/watts/0", nullptr), HasSubstr("a power that cannot be"));
  EXPECT_THAT(refused("/phases/0/end_s", -2.0), HasSubstr("ends before it begins"));
  EXPECT_THAT(refused("/phases", std::vector<base::Json>(9, to_json(sample())["phases"][0])),
              HasSubstr("more phases"));
  EXPECT_THAT(refused("/requests/0/1", 0.75), HasSubstr("times go back"));
  EXPECT_THAT(refused("/requests/0", base::Json::array({0.0, 1.0})), HasSubstr("not three numbers"));
  EXPECT_THAT(refused("/requests", std::vector<base::Json>(201, base::Json::array({0.0, 0.0, 1.0}))),
              HasSubstr("more phases or requests"));
  EXPECT_EQ(power_trace_from(base::Json("none")).error().kind, base::ErrorKind::bad_input);
}

TEST(PowerTrace, OneThatIsNoneTakesNoFigureWithIt) {
  Record record;
  set_block_energy(record, block_with(sample()));
  EXPECT_TRUE(has_power_trace(record));
  record.task_info["energy"]["power_trace"]["watts"] = "many";
  const auto energy = block_energy(record);
  ASSERT_TRUE(energy);
  EXPECT_FALSE(energy->power_trace);
  EXPECT_THAT(energy->power_trace_absent, HasSubstr("1 to 400 bins"));
  EXPECT_EQ(energy->headline()->joules, 20.0);
  record.task_info["energy"].erase("power_trace");  // a record of an earlier version
  ASSERT_TRUE(block_energy(record));
  EXPECT_FALSE(block_energy(record)->power_trace);
  EXPECT_FALSE(has_power_trace(record));
}

Record with_resources() {
  Record record;
  record.task_info["resources"] = base::Json::parse(R"({
    "phases": {"prefill": {"steps": 3, "wall_s": 1.5}, "decode": {"steps": 48, "wall_s": 4.0}},
    "machine": {"read_bytes_per_s": 2e10, "operations_per_s": 6e10,
                "prefill": {"bytes": 5e8, "operations": 2e10}, "decode": {"bytes": 4e8, "operations": 6e8}}})");
  return record;
}

TEST(Roofline, APhaseLiesAtItsOperationsPerByteAndSecond) {
  const auto found = roofline(with_resources());
  ASSERT_TRUE(found);
  EXPECT_DOUBLE_EQ(found->read_bytes_per_s, 2e10);
  EXPECT_DOUBLE_EQ(found->operations_per_s, 6e10);
  ASSERT_EQ(found->phases.size(), 2U);
  EXPECT_EQ(found->phases[0].phase, "prefill");
  EXPECT_DOUBLE_EQ(found->phases[0].operations_per_byte, 40.0);  // 2e10 / 5e8
  EXPECT_DOUBLE_EQ(found->phases[0].operations_per_s, 4e10);     // 2e10 per 0.5 s
  EXPECT_EQ(found->phases[1].phase, "decode");
  EXPECT_DOUBLE_EQ(found->phases[1].operations_per_byte, 1.5);
  EXPECT_DOUBLE_EQ(found->phases[1].operations_per_s, 7.2e9);  // 48 tokens in 4 s
}

TEST(Roofline, WithoutLimitsOrStepsThereIsNone) {
  EXPECT_FALSE(roofline(Record{}));
  Record record = with_resources();
  record.task_info["resources"]["phases"]["decode"]["steps"] = 0;
  ASSERT_TRUE(roofline(record));
  EXPECT_EQ(roofline(record)->phases.size(), 1U);
  record.task_info["resources"]["phases"]["prefill"]["wall_s"] = "long";
  EXPECT_FALSE(roofline(record));
  record = with_resources();
  record.task_info["resources"]["machine"].erase("read_bytes_per_s");
  EXPECT_FALSE(roofline(record));
}

}  // namespace
}  // namespace bantam::record
