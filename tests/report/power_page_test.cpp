#include "report/power_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bantam::report {
namespace {

using ::testing::HasSubstr;

energy::Judged judged(const char* name, energy::Scope scope, device::Grade grade,
                      base::Result<energy::Energy> energy) {
  energy::SourceFacts facts;
  facts.kind = "rapl";
  facts.name = name;
  facts.scope = scope;
  facts.grade = grade;
  return {facts, std::move(energy), 7};
}

energy::Energy energy_of(double joules) {
  energy::Energy energy;
  energy.joules = joules;
  energy.window_s = 10.0;
  energy.mean_w = joules / 10.0;
  energy.samples = 101;
  return energy;
}

PowerPage two_packages() {
  PowerPage page;
  energy::Energy second = energy_of(250.0);
  second.peak_w = 31.25;
  second.gaps = {{1.0, 2.5}};
  page.judged.push_back(judged("rapl:package-0", energy::Scope::package, device::Grade::b, energy_of(123.4)));
  page.judged.push_back(judged("rapl:package-1", energy::Scope::package, device::Grade::b, second));
  page.judged.push_back(judged("rapl:dram", energy::Scope::dram, device::Grade::b,
                               base::fail(base::ErrorKind::invalid_measurement, "the counter went back")));
  page.judged.push_back(judged("meter:plug\x1b[2J", energy::Scope::wall, device::Grade::a,
                               base::fail(base::ErrorKind::environment, "too short")));
  page.absent.push_back({"nvml", "nvml", "energy", "mJ", device::Grade::b, "", "not installed"});
  page.window_s = 10.0;
  page.rate_hz = 10.0;
  page.sampler_cpu_s = 0.012;
  return page;
}

TEST(power_page, has_a_row_a_source_and_a_reason_where_there_is_no_figure) {
  const std::string text = power_page(two_packages(), table::Format::table, {120, false});
  EXPECT_THAT(text, ::testing::ContainsRegex("rapl:package-0 +package +B +123\\.4 +12\\.34 +- +101 +none"));
  EXPECT_THAT(text, ::testing::ContainsRegex(
                        "rapl:package-1 +package +B +250\\.0 +25\\.00 +31\\.25 +101 +1 \\(1\\.50 s\\)"));
  EXPECT_THAT(text, ::testing::ContainsRegex("all rapl:package-0 \\+ rapl:package-1 +package +B +373\\.4"));
  EXPECT_THAT(text, HasSubstr("invalid  the counter went back"));
  EXPECT_THAT(text, HasSubstr("absent  too short"));
  EXPECT_THAT(text, HasSubstr("energy: not installed"));
  EXPECT_THAT(text, HasSubstr("the sampler took 0.12 % of a core"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(power_page, json_has_figures_or_a_reason_and_never_a_zero_instead) {
  const auto json = base::parse_json(power_page(two_packages(), table::Format::json, {}), "page").value();
  EXPECT_EQ(json["sources"][0]["standing"], "ok");
  EXPECT_EQ(json["sources"][0]["joules"], 123.4);
  EXPECT_FALSE(json["sources"][0].contains("peak_w"));
  EXPECT_EQ(json["sources"][2]["standing"], "invalid");
  EXPECT_FALSE(json["sources"][2].contains("joules"));
  EXPECT_EQ(json["sources"][3]["standing"], "absent");
  EXPECT_DOUBLE_EQ(json["totals"][0]["joules"].get<double>(), 373.4);
  EXPECT_EQ(json["absent"][0]["reason"], "not installed");
}

TEST(power_page, without_sources_there_is_no_sampler) {
  PowerPage page;
  page.absent.push_back({"rapl", "rapl", "energy", "uJ", device::Grade::b, "", "no counter"});
  EXPECT_EQ(power_page(page, table::Format::table, {100, false}),
            "Missing\n  rapl                energy: no counter\n\nThere is nothing to sample.\n");
  EXPECT_FALSE(to_json(page).contains("sampler"));
}

}  // namespace
}  // namespace bantam::report
