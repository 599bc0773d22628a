#include "plan/gates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/plan.hpp"

namespace bantam::plan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Gates, AThresholdOrOff) {
  EXPECT_EQ(gate_from("gate", "paging=10")->most, 10.0);
  EXPECT_EQ(gate_from("gate", "steal=0.05")->most, 0.05);
  EXPECT_FALSE(gate_from("gate", "steal=off")->most);
}

TEST(Gates, WhatIsNoGateIsRefusedWithWhatIsKnown) {
  const auto unknown = gate_from("gate", "pagin=10");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(unknown.error().hint, HasSubstr("did you mean paging?"));
  EXPECT_THAT(unknown.error().hint, HasSubstr("steal, others, drift, paging, swap, pauses, throttle"));
  for (const char* text :
       {"", "=", "=1", "steal", "steal=", "steal=2", "steal=-1", "steal=nan", "steal=of", "paging=1=2"}) {
    const auto refused = gate_from("gate", text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, base::ErrorKind::usage) << text;
  }
}

TEST(Gates, ASettingComesBackAsItWasGiven) {
  PerformanceSettings settings;
  EXPECT_FALSE(gate_setting(settings, gates::kSteal));
  settings.gates = {"steal=0.05", "paging=off"};
  const PerformanceSettings back = performance_settings_from(to_json(settings));
  EXPECT_EQ(gate_setting(back, gates::kSteal)->most, 0.05);
  EXPECT_FALSE(gate_setting(back, gates::kPaging)->most);
  EXPECT_FALSE(gate_setting(back, gates::kSwap));
  EXPECT_THAT(gates_off(back), ElementsAre("paging"));
}

// Keys are hashes of the settings: those of stores without gates stay.
TEST(Gates, WithoutOneTheSettingsAreAsTheyWere) {
  EXPECT_FALSE(to_json(PerformanceSettings{}).contains("gates"));
}

TEST(Gates, DoNotKeepSpeedsFromBeingCompared) {
  PerformanceSettings one;
  PerformanceSettings other;
  other.gates = {"steal=off"};
  const auto settings = [](const PerformanceSettings& performance) {
    return base::Json{{"engine", base::Json::object()}, {"performance", to_json(performance)}};
  };
  EXPECT_FALSE(speed_setting_that_differs(settings(one), settings(other)));
}

}  // namespace
}  // namespace bantam::plan
