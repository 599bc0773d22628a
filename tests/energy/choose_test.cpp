#include "energy/choose.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::energy {
namespace {

using device::Grade;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SourceFacts source(std::string kind, std::string name, Scope scope, Grade grade) {
  SourceFacts facts;
  facts.kind = std::move(kind);
  facts.name = std::move(name);
  facts.scope = scope;
  facts.grade = grade;
  return facts;
}

// A server with two packages, a GPU, a battery of another age, and a wall meter.
std::vector<SourceFacts> server() {
  return {source("tdp", "tdp", Scope::package, Grade::d),
          source("rapl", "intel-rapl:package-0", Scope::package, Grade::b),
          source("rapl", "intel-rapl:package-0:core", Scope::package_part, Grade::b),
          source("rapl", "intel-rapl:package-1", Scope::package, Grade::b),
          source("rapl", "intel-rapl:package-0:dram", Scope::dram, Grade::b),
          source("nvml", "nvml:0", Scope::gpu, Grade::b),
          source("external_meter", "plug.csv", Scope::wall, Grade::a)};
}

std::vector<std::size_t> chosen(std::vector<SourceFacts> sources, const std::string& wanted = "") {
  const auto found = choose_headline(sources, wanted);
  EXPECT_TRUE(found) << found.error().message;
  return found.value_or(std::vector<std::size_t>{});
}

TEST(ChooseHeadline, TakesTheBestGradeAndThenWhatCoversMost) {
  auto sources = server();
  EXPECT_THAT(chosen(sources), ElementsAre(6));
  sources.pop_back();
  EXPECT_THAT(chosen(sources), ElementsAre(1, 3)) << "both packages are added, cores within them are not";
  sources.push_back(source("rapl", "intel-rapl:psys", Scope::board, Grade::b));
  EXPECT_THAT(chosen(sources), ElementsAre(6));
  sources.push_back(source("hwmon_power", "ina3221:VDD_IN", Scope::board, Grade::c));
  EXPECT_THAT(chosen(sources), ElementsAre(6)) << "a worse grade that covers as much";
}

// The gauge of a battery moves every half minute: a run rarely lasts as long as it needs.
TEST(ChooseHeadline, TakesWhatNeedsTheShorterWindow) {
  std::vector<SourceFacts> sources{source("battery", "battery:BAT0", Scope::battery, Grade::c),
                                   source("battery_power", "battery:BAT0:power", Scope::battery, Grade::c)};
  sources[0].least_window_s = 600.0;
  sources[1].least_window_s = 30.0;
  EXPECT_THAT(chosen(sources), ElementsAre(1));
  EXPECT_THAT(chosen(sources, "battery"), ElementsAre(0));
}

TEST(ChooseHeadline, RailsAreNeverAdded) {
  EXPECT_THAT(chosen({source("hwmon_power", "a", Scope::rail, Grade::c),
                      source("hwmon_power", "b", Scope::rail, Grade::c)}),
              ElementsAre(0));
}

TEST(ChooseHeadline, TakesWhatIsAskedForByNameOrKind) {
  EXPECT_THAT(chosen(server(), "rapl"), ElementsAre(1, 3));
  EXPECT_THAT(chosen(server(), "intel-rapl:package-1"), ElementsAre(3)) << "one that is named is taken alone";
  EXPECT_THAT(chosen(server(), "tdp"), ElementsAre(0));
  const auto unknown = choose_headline(server(), "battery");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(unknown.error().hint, HasSubstr("nvml:0"));
}

TEST(ChooseHeadline, IsNoneWhereNothingCanBeRead) {
  EXPECT_THAT(chosen({}), IsEmpty());
  EXPECT_FALSE(choose_headline({}, "rapl"));
}

}  // namespace
}  // namespace bantam::energy
