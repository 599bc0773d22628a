// What charts show of energy and of the machine's limits: figures, marks, and which sensor said what.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "chart/drawings.hpp"
#include "chart/drawn.hpp"
#include "chart/sample_dataset.hpp"
#include "record/block_energy.hpp"

namespace bantam::chart {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

record::SourceEnergy headline(const std::string& name, double joules) {
  record::SourceEnergy source;
  source.name = name;
  source.kind = "rapl";
  source.scope = "package";
  source.grade = "B";
  source.is_headline = true;
  source.joules = joules;
  return source;
}

// Two requests in 4 s at 30 W, after a second of load at 20 W and two of idling at 10 W.
record::PowerTrace trace() {
  return {-3.0,
          1.0,
          4.0,
          {10.0, 10.0, 20.0, 30.0, 30.0, 30.0, 30.0, 12.0},
          {{"idle_before", -3.0, -1.0}, {"load", -1.0, 0.0}, {"idle_after", 4.2, 5.0}},
          {{0.0, 0.5, 2.0}, {2.0, 2.5, 4.0}},
          ""};
}

record::Record energy_cell(const std::string& model, const std::string& precision, double per_request_j,
                           const std::string& sensor) {
  record::Record record = support::cell(model, precision, "energy");
  record.metrics["energy_per_request_j"] = support::measured(per_request_j, per_request_j, per_request_j);
  record.metrics["mean_power_w"] = support::exact(30.0);
  record::BlockEnergy energy;
  energy.window_s = 4.0;
  energy.requests = 2;
  energy.sources = {headline(sensor, 120.0)};
  energy.power_trace = trace();
  record::set_block_energy(record, energy);
  return record;
}

record::Record imported_energy(const std::string& model, const std::string& precision, double per_request_j) {
  record::Record record = support::cell(model, precision, "energy");
  record.metrics["energy_per_request_j"] = support::exact(per_request_j);
  record::Imported origin;
  origin.tool = "slim-eval";
  origin.file = "energy.json";
  record::set_imported(record, origin);
  return record;
}

const base::Json& of(const base::Json& data, const std::string& name) {
  for (const base::Json& one : data["configurations"]) {
    if (one["name"] == name) return one;
  }
  static const base::Json kNone;
  ADD_FAILURE() << "no " << name;
  return kNone;
}

TEST(EnergyCharts, PowerOverTimeHasItsSensorAndItsPhases) {
  Sample sample = two_models();
  sample.records.push_back(energy_cell("small", "fp16", 60.0, "rapl0"));
  sample.records.push_back(energy_cell("small", "int4", 60.0, "rapl0"));
  const base::Json data = sample.dataset();
  EXPECT_EQ(of(data, "small fp16")["energy_sensor"], "rapl0 (package, grade B)");
  EXPECT_EQ(of(data, "small fp16")["power_line"]["watts"].size(), 8U);
  EXPECT_EQ(of(data, "large fp16")["power_line_absent"], "energy was not measured");
  const Drawing drawing = draw(data, "power_over_time");
  for (const char* text : {">small fp16<", ">rapl0 (package, grade B)<", ">30 W, 120 J in 4 s of requests<",
                           ">Idle<", ">Load and warm-up<", ">Prefill<", ">Decode<", ">idle<", ">load<"})
    EXPECT_THAT(drawing.svg, HasSubstr(text));
  EXPECT_THAT(drawing.svg, Not(HasSubstr("sensors differ")));
  // The same for who does not see it: the means of the bins within each phase.
  for (const char* row : {"small fp16; rapl0 (package, grade B); Idle before; -3; -1; 10",
                          "small fp16; rapl0 (package, grade B); Load and warm-up; -1; 0; 20",
                          "small fp16; rapl0 (package, grade B); 2 requests; 0; 4; 30",
                          "small fp16; rapl0 (package, grade B); Idle after; 4.2; 5; too short to tell"})
    EXPECT_THAT(drawing.svg, HasSubstr(row));
}

TEST(EnergyCharts, PowerOverTimeShowsHowBusyTheGpuWas) {
  Sample sample = two_models();
  record::Record record = energy_cell("small", "fp16", 60.0, "nvml:0");
  record::BlockEnergy energy = *record::block_energy(record);
  record::GpuLoad gpu;
  gpu.name = "nvml:0";
  gpu.trace = record::GpuTrace{-2.0, 2.0, 4.0, {}, {}};
  gpu.trace->means[0] = {5.0, 60.0, 70.0};
  energy.gpus = {gpu};
  record::set_block_energy(record, energy);
  sample.records.push_back(record);
  sample.records.push_back(energy_cell("small", "int4", 60.0, "rapl0"));
  const base::Json data = sample.dataset();
  EXPECT_EQ(of(data, "small fp16")["power_line"]["gpus"][0]["busy"], base::Json({5.0, 60.0, 70.0}));
  EXPECT_FALSE(of(data, "small int4")["power_line"].contains("gpus"));
  const Drawing drawing = draw(data, "power_over_time");
  for (const char* text : {">GPU utilization<", ">50 %<",
                           "small fp16; nvml:0 (package, grade B); 2 requests; 0; 4; 30; 65 (nvml:0)",
                           "small int4; rapl0 (package, grade B); 2 requests; 0; 4; 30; not told"})
    EXPECT_THAT(drawing.svg, HasSubstr(text));
}

TEST(EnergyCharts, ARecordWithoutATraceSaysWhy) {
  Sample sample = two_models();
  record::Record record = energy_cell("small", "fp16", 60.0, "rapl0");
  record.task_info["energy"].erase("power_trace");
  sample.records.push_back(record);
  EXPECT_THAT(draw(sample.dataset(), "power_over_time").absent, HasSubstr("earlier version"));
  sample.records.back().task_info["energy"]["power_trace_absent"] = "the block does not count";
  EXPECT_THAT(draw(sample.dataset(), "power_over_time").absent, HasSubstr("the block does not count"));
}

TEST(EnergyCharts, OtherSensorsHaveOtherPanels) {
  Sample sample = two_models();
  sample.records.push_back(energy_cell("small", "fp16", 60.0, "rapl0"));
  sample.records.push_back(energy_cell("small", "int4", 30.0, "meter"));
  sample.records.push_back(imported_energy("large", "int4", 90.0));
  const base::Json data = sample.dataset();
  for (const char* theme : {"light", "dark"}) {
    EXPECT_THAT(draw(data, "power_over_time", theme).svg, HasSubstr("compare only panels of one sensor"));
    for (const char* chart : {"energy", "energy_per_right"}) {
      const Drawing drawing = draw(data, chart, theme);
      for (const char* text :
           {"rapl0 (package, grade B)<", "meter (package, grade B)<", "of slim-eval, not told<"})
        EXPECT_THAT(drawing.svg, HasSubstr(text)) << chart;
      EXPECT_THAT(drawing.svg, HasSubstr("compare only")) << chart;
    }
    EXPECT_THAT(draw(data, "table", theme).svg, HasSubstr("which do not compare"));
  }
  EXPECT_THAT(draw(data, "energy_per_right").svg,
              HasSubstr(">imported; joules per request / share of right"));
}

TEST(EnergyCharts, JoulesPerRightAnswerAreTheRequestsByTheScore) {
  Sample sample = two_models();  // small fp16: 600 of 1000 right
  sample.records.push_back(energy_cell("small", "fp16", 60.0, "rapl0"));
  const base::Json data = sample.dataset();
  const base::Json& one = of(data, "small fp16")["per_right"];
  EXPECT_DOUBLE_EQ(one["value"].get<double>(), 100.0);
  EXPECT_EQ(one["way"], "derived");
  EXPECT_EQ(of(data, "small int4")["per_right_absent"], "no energy: not run");
  const Drawing drawing = draw(data, "energy_per_right");
  EXPECT_THAT(drawing.svg, HasSubstr(">joules per request / share of right answers<"));
  EXPECT_THAT(drawing.svg,
              HasSubstr("small fp16; rapl0 (package, grade B); joules per request / share of right "
                        "answers; 200 tok/s ±1.0 %; 100"));
}

TEST(EnergyCharts, EnergyThatWasMeasuredBesideTheTaskIsPreferred) {
  Sample sample = two_models();
  sample.records.push_back(energy_cell("small", "fp16", 60.0, "rapl0"));
  const auto task = std::ranges::find_if(sample.records, [](const record::Record& record) {
    return record.model == "small" && record.precision == "fp16" && record.task == "qa";
  });
  ASSERT_NE(task, sample.records.end());
  task->metrics["energy_per_correct_j"] = support::exact(7.5);
  record::BlockEnergy energy;
  energy.sources = {headline("meter", 4500.0)};
  record::set_block_energy(*task, energy);
  const base::Json data = sample.dataset();
  const base::Json& one = of(data, "small fp16")["per_right"];
  EXPECT_DOUBLE_EQ(one["value"].get<double>(), 7.5);
  EXPECT_EQ(one["way"], "measured");
  EXPECT_EQ(one["sensor"], "meter (package, grade B)");
  EXPECT_THAT(draw(data, "energy_per_right").svg, HasSubstr(">measured while the tasks ran<"));
}

record::Record resources_cell(const std::string& precision, double operations_per_s) {
  record::Record record = support::cell("small", precision, "resources");
  record.task_info["resources"] = base::Json::parse(R"({
    "phases": {"prefill": {"steps": 3, "wall_s": 1.5}, "decode": {"steps": 48, "wall_s": 4.0}},
    "machine": {"read_bytes_per_s": 2e10,
                "prefill": {"bytes": 5e8, "operations": 2e10}, "decode": {"bytes": 4e8, "operations": 6e8}}})");
  record.task_info["resources"]["machine"]["operations_per_s"] = operations_per_s;
  return record;
}

TEST(EnergyCharts, TheRooflineHasItsLimitsAndBothPhases) {
  Sample sample = two_models();
  EXPECT_THAT(draw(sample.dataset(), "roofline").absent, HasSubstr("--tasks resources"));
  sample.records.push_back(resources_cell("fp16", 6e10));
  sample.records.push_back(resources_cell("int4", 9e10));
  const base::Json data = sample.dataset();
  const base::Json& phases = of(data, "small fp16")["roofline"]["phases"];
  ASSERT_EQ(phases.size(), 2U);
  EXPECT_DOUBLE_EQ(phases[1]["operations_per_byte"].get<double>(), 1.5);
  EXPECT_DOUBLE_EQ(phases[1]["operations_per_s"].get<double>(), 7.2e9);
  const Drawing drawing = draw(data, "roofline");
  for (const char* text :
       {">60 GFLOP/s fp16<", ">90 GFLOP/s int4<", ">20 GB/s read bandwidth<",
        // At 1.5 operations per byte 20 GB/s let 30 GFLOP/s through; at 40 the matrices limit.
        "small fp16; decode; 1.5; 7.2; 30; 24 %; 20; 60", "small fp16; prefill; 40; 40; 60; 66.7 %; 20; 60",
        "small int4; prefill; 40; 40; 90; 44.4 %; 20; 90"})
    EXPECT_THAT(drawing.svg, HasSubstr(text));
}

TEST(EnergyCharts, TheSameDataGiveTheSamePicture) {
  Sample sample = two_models();
  sample.records.push_back(energy_cell("small", "fp16", 60.0, "rapl0"));
  sample.records.push_back(resources_cell("fp16", 6e10));
  const base::Json data = sample.dataset();
  for (const char* chart : {"power_over_time", "energy_per_right", "roofline"}) {
    const Drawing first = draw(data, chart);
    EXPECT_THAT(first.absent, IsEmpty()) << chart;
    EXPECT_EQ(first.svg, draw(data, chart).svg) << chart;
    EXPECT_THAT(first.svg, HasSubstr("<title>")) << chart;
  }
}

}  // namespace
}  // namespace bantam::chart
