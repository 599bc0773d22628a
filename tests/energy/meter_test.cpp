#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmath>
#include <numbers>

#include "energy/meter_lines.hpp"
#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr double kTurns = 2.0 * std::numbers::pi / 60.0;

double watts_at(double time_s) {
  return 30.0 + 12.0 * std::sin(kTurns * time_s);
}
double joules_between(double from_s, double to_s) {
  return 30.0 * (to_s - from_s) + 12.0 / kTurns * (std::cos(kTurns * from_s) - std::cos(kTurns * to_s));
}

class MeterTest : public ::testing::Test {
 protected:
  fs::path file() const { return tree_.root() / "plug.csv"; }
  void append(const std::string& text) { std::ofstream(file(), std::ios::app | std::ios::binary) << text; }
  Source* find() {
    Request request = request_below(tree_.root());
    request.meter = file();
    found_ = find_sources(request, clock_).value();
    return named(found_, "meter:plug.csv");
  }
  std::string why_not() {
    EXPECT_EQ(find(), nullptr);
    return reason(found_, "meter:plug.csv");
  }
  // Three minutes, a row each second.
  Trace watch_rows(Source& source, const std::function<std::string(double time_s)>& row) {
    return watch(source, clock_, {180.0, 1.0, 1}, [&](double time_s) {
      if (time_s > 0.0) append(row(time_s));
    });
  }
  static std::string row(double time_s, double value) {
    return std::to_string(time_s) + "," + std::to_string(value) + "\n";
  }

  support::FakeTree tree_;
  SharedClock clock_;
  Found found_;
};

TEST_F(MeterTest, AFileThatGrowsGivesTheEnergyOfItsCurve) {
  append("time_s,power_w\n0,9999\n");  // rows before our time do not count
  Source* source = find();
  ASSERT_NE(source, nullptr) << reason(found_, "meter:plug.csv");
  EXPECT_EQ(source->facts().grade, device::Grade::a);
  EXPECT_EQ(source->facts().scope, Scope::wall);
  const Trace trace = watch_rows(*source, [](double time_s) { return row(time_s, watts_at(time_s)); });
  EXPECT_EQ(trace.readings.size(), 180U);
  const auto energy = energy_between(trace, window_of(10.5, 150.25), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(10.5, 150.25), 0.01 * joules_between(10.5, 150.25));
  EXPECT_NEAR(energy->update_period_s, 1.0, 1e-6);
}

TEST_F(MeterTest, RowsAreOfTheirOwnTimeHoweverLateTheyAreWritten) {
  append("timestamp_ms;watts\n");
  Source* source = find();
  ASSERT_NE(source, nullptr);
  std::string kept_back;
  const Trace trace = watch_rows(*source, [&](double time_s) {
    kept_back += std::to_string(time_s * 1e3) + ";" + std::to_string(watts_at(time_s)) + "\n";
    return std::fmod(time_s, 10.0) == 0.0 ? std::exchange(kept_back, "") : std::string();
  });
  const auto energy = energy_between(trace, window_of(10.5, 150.25), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(10.5, 150.25), 0.01 * joules_between(10.5, 150.25));
}

TEST_F(MeterTest, AMeterMayCountEnergyInstead) {
  append("time_s,energy_wh\n");
  Source* source = find();
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->facts().quantity, Quantity::joules);
  const Trace trace =
      watch_rows(*source, [](double time_s) { return row(time_s, joules_between(0.0, time_s) / 3600.0); });
  const auto energy = energy_between(trace, window_of(10.5, 150.25), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(10.5, 150.25), 0.01 * joules_between(10.5, 150.25));
}

TEST_F(MeterTest, AWindowOfFewRowsIsTooShort) {
  append("time_s,power_w\n");
  Source* source = find();
  const Trace trace = watch_rows(*source, [](double time_s) { return row(time_s, watts_at(time_s)); });
  const auto energy = energy_between(trace, window_of(10.0, 40.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::environment);
  EXPECT_THAT(energy.error().message, HasSubstr("needs 50 s"));
}

TEST_F(MeterTest, WhatGoesWrongInTheFileIsInvalid) {
  struct Case {
    const char* row;
    const char* reason;
  };
  for (const auto& [bad, why] : {Case{"100,nan\n", "NaN"}, Case{"100,-5\n", "negative"},
                                 Case{"100,30000\n", "not possible"}, Case{"100000,30\n", "clock"}}) {
    fs::remove(file());
    clock_.set_s(0.0);
    append("time_s,power_w\n");
    Source* source = find();
    ASSERT_NE(source, nullptr);
    const Trace trace = watch_rows(*source, [bad = bad](double time_s) {
      return time_s == 100.0 ? std::string(bad) : row(time_s, watts_at(time_s));
    });
    const auto energy = energy_between(trace, window_of(10.0, 150.0), {});
    ASSERT_FALSE(energy) << bad;
    EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement) << bad;
    EXPECT_THAT(energy.error().message, HasSubstr(why)) << bad;
  }
}

TEST_F(MeterTest, AFileThatIsRemovedIsGone) {
  append("time_s,power_w\n");
  Source* source = find();
  const Trace trace = watch(*source, clock_, {180.0, 1.0, 1}, [&](double time_s) {
    if (time_s > 0.0 && time_s < 100.0) append(row(time_s, watts_at(time_s)));
    if (time_s == 100.0) fs::remove(file());
  });
  const auto energy = energy_between(trace, window_of(10.0, 150.0), {});
  ASSERT_FALSE(energy);
  EXPECT_THAT(energy.error().message, HasSubstr("gone"));
}

TEST_F(MeterTest, WhatIsNoMeterSaysWhy) {
  EXPECT_THAT(why_not(), HasSubstr("No such file"));
  append("");
  EXPECT_THAT(why_not(), HasSubstr("no head yet"));
  append("time_s,temperature\n");
  EXPECT_THAT(why_not(), HasSubstr("no column of power or energy"));
  fs::remove(file());
  append("17,30\n");
  EXPECT_THAT(why_not(), HasSubstr("names no columns"));
  fs::remove(file());
  fs::create_directory(file());
  EXPECT_THAT(why_not(), HasSubstr("neither a file nor a serial line"));
  Request request = request_below(tree_.root());
  request.meter = "/dev/null";
  EXPECT_THAT(reason(find_sources(request, clock_).value(), "meter:null"), HasSubstr("no serial line"));
}

TEST(MeterLines, TimesAreUnixSecondsOrUtc) {
  const MeterColumns columns = parse_meter_head("Timestamp , Power_W").value();
  EXPECT_EQ(parse_meter_row("1700000000.5, 12", columns)->unix_s, 1700000000.5);
  EXPECT_EQ(parse_meter_row("2023-11-14T22:13:20Z,12", columns)->unix_s, 1700000000.0);
  EXPECT_EQ(parse_meter_row("\"2023-11-14 22:13:20.25Z\",\"12 W\"", columns)->unix_s, 1700000000.25);
  for (const char* bad : {"2023-11-14T22:13:20,12", "2023-13-14T22:13:20Z,12", "yesterday,12", ",12"})
    EXPECT_EQ(parse_meter_row(bad, columns)->fault, Fault::malformed) << bad;
}

TEST(MeterLines, LinesWithoutAHeadGiveAPower) {
  EXPECT_EQ(parse_meter_words("12.5")->value, 12.5);
  EXPECT_EQ(parse_meter_words(" 12.5 W\r")->value, 12.5);
  EXPECT_EQ(parse_meter_words("U=230.1 I=0.05 Power=12.5W")->value, 12.5);
  EXPECT_EQ(parse_meter_words("power_mw:12500,pf:0.9")->value, 12.5);
  EXPECT_FALSE(parse_meter_words("# comment").has_value());
  EXPECT_FALSE(parse_meter_words("").has_value());
  EXPECT_EQ(parse_meter_words("230.1 0.05")->fault, Fault::malformed);
  EXPECT_EQ(parse_meter_words("inf")->fault, Fault::not_a_number);
}

// The far end of a pseudo terminal stands for the meter.
class SerialTest : public ::testing::Test {
 protected:
  SerialTest() {
    meter_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    if (meter_ >= 0 && ::grantpt(meter_) == 0 && ::unlockpt(meter_) == 0) {
      const char* name = ::ptsname(meter_);
      if (name != nullptr) line_ = name;
    }
  }
  ~SerialTest() override { unplug(); }
  void unplug() {
    if (meter_ >= 0) ::close(std::exchange(meter_, -1));
  }
  void send(const std::string& text) const {
    ASSERT_EQ(::write(meter_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  int meter_ = -1;
  std::string line_;
  SharedClock clock_;
};

TEST_F(SerialTest, LinesAreOfTheTimeAtWhichTheyCome) {
  if (line_.empty()) GTEST_SKIP() << "this machine gives no pseudo terminal";
  Request request = request_below("/nowhere");
  request.meter = line_;
  request.meter_baud = 115200;
  const auto found = find_sources(request, clock_);
  ASSERT_TRUE(found);
  ASSERT_EQ(found->present.size(), 1U) << found->absent.back().reason;
  const Trace trace = watch(*found->present[0], clock_, {180.0, 1.0, 1}, [this](double time_s) {
    send(time_s == 0.0 ? "7.7\n" : "P=0 power_w=" + std::to_string(watts_at(time_s)) + "\r\n");
  });
  const auto energy = energy_between(trace, window_of(10.0, 150.0), {});
  ASSERT_TRUE(energy) << energy.error().message;
  EXPECT_NEAR(energy->joules, joules_between(10.0, 150.0), 0.01 * joules_between(10.0, 150.0));
}

TEST_F(SerialTest, ALineThatIsPulledOutIsInvalid) {
  if (line_.empty()) GTEST_SKIP() << "this machine gives no pseudo terminal";
  Request request = request_below("/nowhere");
  request.meter = line_;
  const auto found = find_sources(request, clock_);
  ASSERT_EQ(found->present.size(), 1U);
  const Trace trace = watch(*found->present[0], clock_, {180.0, 1.0, 1}, [this](double time_s) {
    if (time_s < 100.0) send(std::to_string(watts_at(time_s)) + "\n");
    if (time_s == 100.0) unplug();
  });
  const auto energy = energy_between(trace, window_of(10.0, 150.0), {});
  ASSERT_FALSE(energy);
  EXPECT_EQ(energy.error().kind, base::ErrorKind::invalid_measurement);
  EXPECT_THAT(energy.error().message, HasSubstr("gone"));
}

TEST_F(SerialTest, ASpeedThatNoLineHasIsAUsageError) {
  if (line_.empty()) GTEST_SKIP() << "this machine gives no pseudo terminal";
  Request request = request_below("/nowhere");
  request.meter = line_;
  request.meter_baud = 12345;
  EXPECT_EQ(find_sources(request, clock_).error().kind, base::ErrorKind::usage);
}

}  // namespace
}  // namespace bantam::energy
