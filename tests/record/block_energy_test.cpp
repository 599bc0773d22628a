#include "record/block_energy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/block.hpp"

namespace bantam::record {
namespace {

using ::testing::HasSubstr;

BlockEnergy sample() {
  SourceEnergy headline;
  headline.name = "ina3221:VDD_IN";
  headline.kind = "hwmon_power";
  headline.scope = "board";
  headline.grade = "C";
  headline.is_headline = true;
  headline.joules = 123.456789012345678;
  headline.idle_before_w = 4.5;
  headline.samples = 101;
  headline.absent = {{"net_joules", "the idle power after the work is not known"}};
  SourceEnergy other = headline;
  other.name = "tdp";
  other.is_headline = false;
  other.is_invalid = true;
  other.joules.reset();
  BlockEnergy energy{12.5, 7, 700, 448, 10.0, 0.004, 380.0, {}, {headline, other}, ""};
  return energy;
}

TEST(BlockEnergyJson, ComesBackAsItWas) {
  Block block;
  block.energy = sample();
  const auto again = block_from(to_json(block));
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(again->energy);
  EXPECT_EQ(to_json(*again->energy), to_json(sample()));
  EXPECT_EQ(again->energy->headline()->joules, sample().headline()->joules);
  EXPECT_EQ(again->energy->sources[1].is_invalid, true);
}

TEST(BlockEnergyJson, WhatCannotBeIsRefused) {
  const auto refused = [](const char* path, const base::Json& value) {
    base::Json json = to_json(sample());
    json[base::Json::json_pointer(path)] = value;
    const auto read = block_energy_from(json);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_THAT(refused("/requests", "many"), HasSubstr("lacks 'window_s', 'requests'"));
  EXPECT_THAT(refused("/requests", -1), HasSubstr("cannot be"));
  EXPECT_THAT(refused("/sources/0/name", 3), HasSubstr("lacks 'name'"));
}

TEST(EnergySource, IsTheHeadlinesOfTheRecord) {
  Record record;
  EXPECT_FALSE(energy_source(record));
  set_block_energy(record, sample());
  ASSERT_TRUE(energy_source(record));
  EXPECT_EQ(text(*energy_source(record)), "ina3221:VDD_IN (board, grade C)");
  record.task_info["energy"] = {{"window_s", "long"}};
  EXPECT_FALSE(energy_source(record));
}

}  // namespace
}  // namespace bantam::record
