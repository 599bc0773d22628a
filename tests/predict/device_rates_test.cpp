// What a file of a machine's rates holds, and how one that is wrong is refused.

#include "predict/device_rates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "support/temp_dir.hpp"

namespace bantam::predict {
namespace {

using base::Json;
using testing::AllOf;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;

// With every member there is.
DeviceRates full_rates() {
  DeviceRates rates;
  rates.name = "board";
  rates.measured = true;
  rates.measured_at = "2026-01-31T12:00:00Z";
  rates.source = "bantam 1: bantam device --calibrate";
  rates.cpu = "cpu";
  rates.memory_bytes = std::int64_t{8} << 30;
  rates.physical_cores = 4;
  rates.engine = "llama 1";
  rates.kernels = "NEON DOTPROD";
  rates.threads = {{1, 5.5e9, 1e-7}, {4, 1e10, 3e-6}};
  rates.types = {{"q4_K", 4.5, false, 9e9, 5e10, "somewhere"}, {"q4_K", 4.5, true, 9.5e9, 9e10, {}}};
  rates.attention = {{"f16", 64, 1, 2e9}, {"f16", 64, 512, 3.25e10}};
  rates.span_bytes = std::int64_t{64} << 20;
  rates.theoretical_read_bytes_per_s = 1.7e10;
  rates.disk_bytes_per_s = 9e7;
  rates.notes = {"a note"};
  rates.warnings = {"others used the CPU"};
  return rates;
}

std::string text_of(const DeviceRates& rates) {
  return base::to_text(to_json(rates), 2);
}

TEST(DeviceRates, ComeBackEqualFromTheirFile) {
  const auto again = device_rates_from(text_of(full_rates()), "board.json");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_json(*again), to_json(full_rates()));
  EXPECT_EQ(again->threads.at(1).operation_s, 3e-6);
  EXPECT_TRUE(again->types.at(1).rearranged);
  EXPECT_EQ(again->types.at(1).operations_per_s, 9e10);
  EXPECT_EQ(again->attention.at(1).operations_per_s, 3.25e10);
  EXPECT_EQ(again->rate_threads(), 4);
}

TEST(DeviceRates, NeedFewMembers) {
  const auto rates = device_rates_from(
      R"({"schema":"bantam-device-rates","version":1,"name":"n","measured":false,"source":"s",
          "physical_cores":2,"engine":"e","rates_of":"whole_steps"})",
      "f");
  ASSERT_TRUE(rates) << rates.error().message;
  EXPECT_EQ(rates->rates_of, RatesOf::whole_steps);
  EXPECT_EQ(rates->rate_threads(), 2);
  EXPECT_EQ(rates->memory_bytes, std::nullopt);
}

struct Fault {
  const char* says;
  std::function<void(Json&)> make;
};

TEST(DeviceRates, AreRefusedWithTheFileAndTheMember) {
  const std::vector<Fault> faults{
      {"name is missing", [](Json& json) { json.erase("name"); }},
      {"engine is missing", [](Json& json) { json.erase("engine"); }},
      {"measured_at is missing", [](Json& json) { json.erase("measured_at"); }},
      {"measured_at is not a time", [](Json& json) { json["measured_at"] = "yesterday"; }},
      {"schema is 'other'", [](Json& json) { json["schema"] = "other"; }},
      {"version is 2", [](Json& json) { json["version"] = 2; }},
      {"measured is neither", [](Json& json) { json["measured"] = "yes"; }},
      {"rates_of is neither", [](Json& json) { json["rates_of"] = "guesses"; }},
      {"memory_bytes is not a whole number", [](Json& json) { json["memory_bytes"] = -1; }},
      {"memory_bytes is not a whole number", [](Json& json) { json["memory_bytes"] = 1.5; }},
      {"types[1].weight_bytes_per_s is not a positive number",
       [](Json& json) { json["types"][1]["weight_bytes_per_s"] = -1e9; }},
      {"types[0].operations_per_s is not a positive number",
       [](Json& json) { json["types"][0]["operations_per_s"] = 0; }},
      {"types[0].operations_per_s is not a positive number",
       [](Json& json) { json["types"][0]["operations_per_s"] = nullptr; }},  // as many tools write NaN
      {"types[0].weight_bytes_per_s is not between 1 and 1e+18",
       [](Json& json) { json["types"][0]["weight_bytes_per_s"] = 1e-300; }},
      {"threads[0].operation_s is not between 1e-12 and 1000",
       [](Json& json) { json["threads"][0]["operation_s"] = 1e10; }},
      {"types[0].type is no weight type: 'q4_Z'", [](Json& json) { json["types"][0]["type"] = "q4_Z"; }},
      {"types[0].bits_per_weight is not the 4.5 of q4_K",
       [](Json& json) { json["types"][0]["bits_per_weight"] = 4; }},
      {"types has q4_K twice", [](Json& json) { json["types"][1]["rearranged"] = false; }},
      {"threads[1].operation_s is not a positive number",
       [](Json& json) { json["threads"][1]["operation_s"] = "fast"; }},
      {"threads is not a list by rising number", [](Json& json) { json["threads"][1]["threads"] = 1; }},
      {"threads is not a list", [](Json& json) { json["threads"] = 4; }},
      {"attention[0] is not an object", [](Json& json) { json["attention"][0] = 3; }},
      {"attention[1].head_size is missing", [](Json& json) { json["attention"][1].erase("head_size"); }},
      {"types[0].wight_bytes_per_s is not a member",
       [](Json& json) { json["types"][0]["wight_bytes_per_s"] = 1e9; }},
      {"colour is not a member", [](Json& json) { json["colour"] = "green"; }},
      {"notes[0] is not a text", [](Json& json) { json["notes"][0] = 1; }},
      {"the content is not an object", [](Json& json) { json = Json::array(); }},
  };
  for (const Fault& fault : faults) {
    SCOPED_TRACE(fault.says);
    Json json = to_json(full_rates());
    fault.make(json);
    const auto rates = device_rates_from(base::to_text(json), "board.json");
    ASSERT_FALSE(rates);
    EXPECT_EQ(rates.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(rates.error().message, AllOf(HasSubstr("board.json"), HasSubstr(fault.says)));
  }
}

TEST(DeviceRates, AreNoNumbersThatJsonDoesNotHave) {
  std::string text = text_of(full_rates());
  for (const char* number : {"NaN", "Infinity", "1e999"}) {
    SCOPED_TRACE(number);
    std::string bad = text;
    const std::string good = "\"disk_bytes_per_s\": ";
    const auto at = bad.find(good) + good.size();
    bad.replace(at, bad.find(',', at) - at, number);
    const auto rates = device_rates_from(bad, "board.json");
    ASSERT_FALSE(rates);
    EXPECT_EQ(rates.error().kind, base::ErrorKind::bad_input);
    EXPECT_THAT(rates.error().message, HasSubstr("board.json"));
  }
}

TEST(FindDevice, ReadsAFileAndRefusesOneThatIsTooLarge) {
  const support::TempDir folder;
  const std::string path = (folder.path() / "board.json").string();
  std::ofstream(path) << text_of(full_rates());
  const auto found = find_device(path);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->rates.name, "board");
  EXPECT_EQ(found->from, path);
  EXPECT_FALSE(found->shipped);

  std::ofstream(path, std::ios::app) << std::string(kMostFileBytes, ' ');  // else as before
  const auto large = find_device(path);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().kind, base::ErrorKind::bad_input);
  EXPECT_THAT(large.error().message, HasSubstr(path));
}

TEST(FindDevice, KnowsThoseThatComeWithBantam) {
  const auto devices = known_devices();
  ASSERT_TRUE(devices) << devices.error().message;
  EXPECT_THAT(*devices, Contains(Field(&FoundDevice::from, "raspberry-pi-5")));
  for (const FoundDevice& device : *devices) {
    SCOPED_TRACE(device.from);
    EXPECT_TRUE(device.shipped);
    EXPECT_FALSE(device.rates.measured);
    EXPECT_TRUE(device.rates.memory_bytes);
    EXPECT_THAT(device.rates.source, HasSubstr("https://"));
    for (const TypeRate& rate : device.rates.types)
      EXPECT_THAT(rate.source.value_or(""), HasSubstr("https://"));
  }
  const auto pi = find_device("Raspberry-Pi-5");
  ASSERT_TRUE(pi);
  // The table of llama.cpp's issue 26484: file size x tokens per second stays at 9.76 to 10.55 GB/s.
  for (const TypeRate& rate : pi->rates.types) {
    EXPECT_GE(*rate.weight_bytes_per_s, 9.76e9);
    EXPECT_LE(*rate.weight_bytes_per_s, 10.55e9);
  }
}

TEST(FindDevice, NamesTheNearestForOneThatIsNotThere) {
  const auto none = find_device("raspbery-pi-5");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(none.error().hint, HasSubstr("raspberry-pi-5"));
  const auto missing = find_device("nowhere/board.json");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, base::ErrorKind::bad_input);
}

}  // namespace
}  // namespace bantam::predict
