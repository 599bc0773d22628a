#include "energy/meter_answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "energy/world.hpp"

namespace bantam::energy {
namespace {

using ::testing::HasSubstr;

// Excerpts of what the makers' documents show.
constexpr const char* kShellyPlus = R"({"id":0,"source":"timer","output":true,"apower":8.9,"voltage":237.5,
  "aenergy":{"total":6.532,"by_minute":[45.199,47.141,88.397],"minute_ts":1626935779},"temperature":{"tC":23.5}})";
constexpr const char* kShellyOneMeter =
    R"({"power":58.3,"is_valid":true,"timestamp":1626935779,"counters":[1.0,2.0,3.0],"total":1234})";
constexpr const char* kShellyOneStatus =
    R"({"relays":[{"ison":true}],"meters":[{"power":58.3,"is_valid":true,"total":1234}],"uptime":5})";
constexpr const char* kTasmota = R"({"StatusSNS":{"Time":"2024-01-01T00:00:00","ENERGY":{"Total":1.234,
  "Yesterday":0.5,"Today":0.2,"Power":42,"ApparentPower":50,"Voltage":230,"Current":0.2}}})";

MeterField known(const char* answer) {
  const auto field = known_meter_field(base::parse_json(answer, "answer").value());
  EXPECT_TRUE(field) << field.error().message;
  return field.value_or(MeterField{});
}

std::string why_unknown(const char* answer) {
  const auto field = known_meter_field(base::parse_json(answer, "answer").value());
  return field ? "known as " + field->pointer : field.error().message;
}

TEST(MeterAnswer, PlugsOfKnownMakersAreKnownByTheirAnswers) {
  struct Case {
    const char* answer;
    const char* pointer;
    double watts;
  };
  for (const auto& [answer, pointer, watts] :
       {Case{kShellyPlus, "/apower", 8.9}, Case{kShellyOneMeter, "/power", 58.3},
        Case{kShellyOneStatus, "/meters/0/power", 58.3}, Case{kTasmota, "/StatusSNS/ENERGY/Power", 42.0}}) {
    const MeterField field = known(answer);
    EXPECT_EQ(field.pointer, pointer);
    EXPECT_EQ(field.quantity, Quantity::watts);
    const Number figure = meter_figure(answer, field);
    EXPECT_EQ(figure.fault, Fault::none) << pointer;
    EXPECT_DOUBLE_EQ(figure.value, watts) << pointer;
  }
}

TEST(MeterAnswer, EnergyCountsWhereNoPowerIsTold) {
  constexpr const char* kAnswer = R"({"id":0,"aenergy":{"total":2.5}})";
  const MeterField field = known(kAnswer);
  EXPECT_EQ(field.quantity, Quantity::joules);
  EXPECT_DOUBLE_EQ(meter_figure(kAnswer, field).value, 2.5 * 3600.0);
}

TEST(MeterAnswer, AnAnswerOfAnotherFormIsNotGuessedAt) {
  EXPECT_THAT(why_unknown(R"({"power":58.3})"), HasSubstr("no figure"));  // watts or milliwatts
  EXPECT_THAT(why_unknown(R"({"apower":"much"})"), HasSubstr("no figure"));
  EXPECT_THAT(why_unknown(R"([1,2,3])"), HasSubstr("no figure"));
  EXPECT_THAT(why_unknown("17"), HasSubstr("no figure"));
  EXPECT_THAT(why_unknown(R"({"StatusSNS":{"ENERGY":{"Power":[42,17]}}})"), HasSubstr("no figure"));
  EXPECT_THAT(why_unknown(R"({"meters":[{"power":1,"is_valid":true},{"power":2,"is_valid":true}]})"),
              HasSubstr("2 meters"));
}

TEST(MeterAnswer, AFieldIsNamedByPointerAndUnit) {
  struct Case {
    const char* text;
    const char* pointer;
    Quantity quantity;
    double of_unit;
  };
  for (const auto& [text, pointer, quantity, of_unit] :
       {Case{"/a/b", "/a/b", Quantity::watts, 1.0}, Case{"/a:mW", "/a", Quantity::watts, 1e-3},
        Case{"/a/0:J", "/a/0", Quantity::joules, 1.0}, Case{"/a:Wh", "/a", Quantity::joules, 3600.0},
        Case{"/a:kWh", "/a", Quantity::joules, 3.6e6},
        Case{"/switch:0/apower", "/switch:0/apower", Quantity::watts, 1.0},
        Case{"/switch:0/aenergy/total:Wh", "/switch:0/aenergy/total", Quantity::joules, 3600.0}}) {
    const auto field = parse_meter_field(text);
    ASSERT_TRUE(field) << text;
    EXPECT_EQ(field->pointer, pointer);
    EXPECT_EQ(field->quantity, quantity) << text;
    EXPECT_DOUBLE_EQ(field->of_unit, of_unit) << text;
  }
  for (const char* text : {"", "power", "/a:", "/a:kW", "/a~2", ":W"}) {
    const auto field = parse_meter_field(text);
    ASSERT_FALSE(field) << text;
    EXPECT_EQ(field.error().kind, base::ErrorKind::usage) << text;
  }
}

TEST(MeterAnswer, WhatIsNoFigureIsAFault) {
  const MeterField field = parse_meter_field("/m/p:mW").value();
  EXPECT_DOUBLE_EQ(meter_figure(R"({"m":{"p":12500}})", field).value, 12.5);
  EXPECT_DOUBLE_EQ(meter_figure(R"({"m":{"p":" 12500 "}})", field).value, 12.5);
  for (const char* answer : {"", "<html>12500</html>", R"({"m":{"p":NaN}})", R"({"m":{"p":null}})",
                             R"({"m":{"p":[12500]}})", R"({"m":{"p":true}})", R"({"m":{"q":12500}})",
                             R"({"m":12500})", R"({"m":{"p":12500})", R"({"m":{"p":1e999}})"})
    EXPECT_EQ(meter_figure(answer, field).fault, Fault::malformed) << answer;
  EXPECT_EQ(meter_figure(R"({"m":{"p":"NaN"}})", field).fault, Fault::not_a_number);
  EXPECT_EQ(meter_figure(R"({"power":58.3,"is_valid":false})", known(kShellyOneMeter)).fault,
            Fault::unreadable);
}

// Asked twice per second, new every two seconds.
TEST(MeterAnswer, ThePeriodOfAPowerThatRepeatsIsThatOfItsNewValues) {
  Trace trace;
  trace.interval_s = 0.5;
  for (int i = 0; i < 80; ++i)
    trace.readings.push_back({SharedClock::ns(0.5 * i), 30.0 + i / 4, Fault::none});
  EXPECT_DOUBLE_EQ(update_period_s(trace), 0.5);
  trace.facts.repeats = true;
  EXPECT_DOUBLE_EQ(update_period_s(trace), 2.0);
  const auto energy = energy_between(trace, window_of(0.0, 39.0), {});
  ASSERT_FALSE(energy);
  EXPECT_THAT(energy.error().message, HasSubstr("needs 100 s"));
}

TEST(MeterAnswer, AddressesThatHoldAPasswordAreRefused) {
  SharedClock clock;
  for (const char* address : {"http://admin:joker@127.0.0.1/", "http://admin@127.0.0.1/",
                              "http://127.0.0.1/cm?user=admin&password=joker&cmnd=Status%208",
                              "http://127.0.0.1/?PASSWORD=joker"}) {
    Request request = request_below("/nowhere");
    request.meter = address;
    const auto found = find_sources(request, clock);
    ASSERT_FALSE(found) << address;
    EXPECT_EQ(found.error().kind, base::ErrorKind::usage);
    EXPECT_THAT(found.error().message, HasSubstr("user name or password"));
    EXPECT_EQ(found.error().message.find("joker"), std::string::npos);
  }
  for (const char* address : {"ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http://a b/", "://x",
                              "http://127.0.0.1/\x1b[2J"}) {
    Request request = request_below("/nowhere");
    request.meter = address;
    const auto found = find_sources(request, clock);
    ASSERT_FALSE(found) << address;
    EXPECT_EQ(found.error().kind, base::ErrorKind::usage) << address;
    EXPECT_EQ(found.error().message.find('\x1b'), std::string::npos);
  }
  Request request = request_below("/nowhere");
  request.meter_field = "/a";
  EXPECT_EQ(find_sources(request, clock).error().kind, base::ErrorKind::usage);
}

}  // namespace
}  // namespace bantam::energy
