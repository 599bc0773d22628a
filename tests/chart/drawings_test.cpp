#include "chart/drawings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chart/chart_files.hpp"
#include "chart/drawn.hpp"
#include "chart/raster.hpp"
#include "chart/sample_dataset.hpp"
#include "support/temp_dir.hpp"

namespace bantam::chart {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Drawings, EachChartIsAPictureOrSaysWhyNot) {
  auto drawings = Drawings::open(two_models().dataset());
  ASSERT_TRUE(drawings) << drawings.error().message;
  const auto names = drawings->names();
  ASSERT_TRUE(names);
  EXPECT_THAT(*names, Contains("speed_quality"));
  int drawn = 0;
  for (const std::string& name : *names) {
    for (const std::string_view theme : kThemes) {
      const auto drawing = drawings->draw(name, theme);
      ASSERT_TRUE(drawing) << name << ": " << drawing.error().message;
      EXPECT_NE(drawing->svg.empty(), drawing->absent.empty()) << name;
      if (drawing->svg.empty()) continue;
      ++drawn;
      EXPECT_THAT(drawing->svg, StartsWith("<svg")) << name;
      EXPECT_GT(drawing->width, 100.0) << name;
      EXPECT_THAT(drawing->svg, Not(HasSubstr("NaN"))) << name;
      EXPECT_THAT(drawing->svg, Not(HasSubstr("undefined"))) << name;
    }
  }
  EXPECT_GE(drawn, 2 * 10);
}

TEST(Drawings, ShowNamesAndFigures) {
  const Drawing bars = draw(two_models().dataset(), "throughput");
  EXPECT_THAT(bars.svg, HasSubstr("large int4"));
  EXPECT_THAT(bars.svg, HasSubstr(">400<"));  // the fastest: 400 tok/s
}

TEST(Drawings, MemoryOverTimeHasAPanelEach) {
  const Drawing drawing = draw(two_models().dataset(), "memory_over_time");
  for (const char* text : {">small fp16<", ">large int4<", ">up to 6.2 MiB resident, 3.81 MiB private<",
                           ">Resident<", ">Warm-up<"})
    EXPECT_THAT(drawing.svg, HasSubstr(text));
  EXPECT_THAT(drawing.svg, Not(HasSubstr("Not drawn")));
}

// Of many six are drawn, the answer among them, and the others are named as far as there is room.
TEST(Drawings, MemoryOverTimeOfManyIsThatOfSix) {
  Sample sample;
  for (int i = 0; i < 30; ++i)
    sample.add("model" + std::to_string(i), "int8", 8, 100 + i, i == 29 ? 900 : 500);  // the last is the best
  const base::Json data = sample.dataset();
  ASSERT_EQ(data["choice"], 29);
  for (const std::string_view theme : kThemes) {
    const Drawing drawing = draw(data, "memory_over_time", theme.data());
    for (const char* text : {">model0 int8<", ">model4 int8<", ">model29 int8<",
                             "Not drawn: model5 int8, model6 int8", " more<"})
      EXPECT_THAT(drawing.svg, HasSubstr(text));
    EXPECT_THAT(drawing.svg, Not(HasSubstr(">model5 int8<")));
    EXPECT_LT(drawing.height, 700.0);
  }
}

TEST(Drawings, MemoryOverTimeOfOlderRecordsIsAbsentWithTheReason) {
  Sample sample = two_models();
  for (record::Record& record : sample.records) record.task_info.erase("memory_line");
  const Drawing drawing = draw(sample.dataset(), "memory_over_time");
  EXPECT_TRUE(drawing.svg.empty());
  EXPECT_THAT(drawing.absent, HasSubstr("earlier version"));
}

// A name is text, whatever it looks like.
TEST(Drawings, NothingInANameIsMarkup) {
  Sample sample;
  sample.add("<script>alert(1)</script>", "fp16", 16, 200, 600);
  sample.add("\"><img src=x onerror=alert(1)>", "int4", 4, 400, 500);
  sample.add("turned\u202eround\x01", "int8", 8, 300, 550);
  const base::Json data = sample.dataset();
  auto drawings = Drawings::open(data);
  ASSERT_TRUE(drawings);
  const auto names = drawings->names();
  ASSERT_TRUE(names);
  for (const std::string& name : *names) {
    const auto drawing = drawings->draw(name, "light");
    ASSERT_TRUE(drawing) << drawing.error().message;
    EXPECT_THAT(drawing->svg, Not(HasSubstr("<script>alert"))) << name;
    EXPECT_THAT(drawing->svg, Not(HasSubstr("<img"))) << name;
    EXPECT_THAT(drawing->svg, Not(HasSubstr("\u202e"))) << name;
  }
}

// Worse than guessing is below 0, and shown as that.
TEST(Drawings, AQualityBelowGuessingIsNegative) {
  base::Json data = two_models().dataset();
  data["tasks"].push_back({{"task", "other"},
                           {"metric", "acc"},
                           {"title", "acc"},
                           {"is_share", true},
                           {"direction", "higher_is_better"}});
  data["configurations"][1]["quality"] = -0.1;
  EXPECT_THAT(draw(data, "accuracy").svg, HasSubstr(">-10<"));
}

// What an object inherits is no score.
TEST(Drawings, ATaskMayBeCalledLikeAMemberOfObjects) {
  base::Json data = two_models().dataset();
  data["tasks"].push_back({{"task", "constructor"},
                           {"metric", "acc"},
                           {"title", "acc"},
                           {"is_share", true},
                           {"direction", "higher_is_better"}});
  EXPECT_FALSE(draw(data, "heatmap").svg.empty());
}

// A model at one precision, measured at each combination of two settings.
base::Json swept(int threads, int depths) {
  base::Json data = two_models().dataset();
  const base::Json one = data["configurations"][0];
  data["configurations"] = base::Json::array();
  for (int t = 1; t <= threads; ++t) {
    for (int d = 0; d < depths; ++d) {
      base::Json point = one;
      point["swept"] = {{"threads", std::to_string(t)}, {"n-depth", std::to_string(256 * d)}};
      point["figures"]["decode_tokens_per_s"]["value"] = 100.0 * t - d;
      data["configurations"].push_back(std::move(point));
    }
  }
  return data;
}

TEST(Drawings, ASecondSweptSettingHasALinePerValue) {
  const Drawing drawing = draw(swept(4, 2), "curves");
  EXPECT_THAT(drawing.svg, HasSubstr("Speed over threads"));
  EXPECT_THAT(drawing.svg, HasSubstr(">n-depth 0<"));
  EXPECT_THAT(drawing.svg, HasSubstr(">n-depth 256<"));
  EXPECT_THAT(drawing.svg, HasSubstr(">small fp16<"));  // the panel
}

TEST(Drawings, OfManyValuesSixAreDrawnAndTold) {
  const Drawing drawing = draw(swept(9, 8), "curves");
  EXPECT_THAT(drawing.svg, HasSubstr("n-depth: 6 of 8 values"));
  EXPECT_THAT(drawing.svg, HasSubstr(">n-depth 0<"));
  EXPECT_THAT(drawing.svg, HasSubstr(">n-depth 1792<"));
}

TEST(Drawings, OneSweptSettingHasALinePerModelAndPrecision) {
  const Drawing drawing = draw(swept(4, 1), "curves");
  EXPECT_THAT(drawing.svg, HasSubstr("Speed over threads"));
  EXPECT_THAT(drawing.svg, HasSubstr(">small fp16<"));
  EXPECT_THAT(drawing.svg, Not(HasSubstr("n-depth")));
}

TEST(Drawings, WithoutDataThereIsAReason) {
  const base::Json data = Sample{}.dataset();
  const Drawing drawing = draw(data, "speed_quality");
  EXPECT_TRUE(drawing.svg.empty());
  EXPECT_FALSE(drawing.absent.empty());
}

TEST(Drawings, NamesWhatThereIsForAnUnknownChart) {
  auto drawings = Drawings::open(two_models().dataset());
  ASSERT_TRUE(drawings);
  const auto unknown = drawings->draw("pie", "light");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, base::ErrorKind::usage);
  EXPECT_THAT(unknown.error().hint, HasSubstr("speed_quality"));
  EXPECT_FALSE(drawings->draw("table", "pink"));
}

TEST(Raster, GivesAPngOfTheSizeAsked) {
  const auto png = png_from_svg(
      "<svg xmlns='http://www.w3.org/2000/svg' width='30' height='20'><rect width='30' height='20'/></svg>",
      30.0, 20.0, 2.0);
  ASSERT_TRUE(png) << png.error().message;
  // PNG: signature, then the width and height of the first chunk as four bytes each.
  ASSERT_GT(png->size(), 24U);
  EXPECT_EQ(png->substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png->substr(16, 8), std::string("\0\0\0\x3c\0\0\0\x28", 8));
}

TEST(Raster, RefusesWhatIsTooLargeAndWhatIsNoPicture) {
  EXPECT_FALSE(png_from_svg("<svg xmlns='http://www.w3.org/2000/svg'/>", 1e6, 1e6, 2.0));
  EXPECT_FALSE(png_from_svg("no picture", 10.0, 10.0, 1.0));
}

TEST(ChartFiles, AChartWithoutDataLeavesNoOldFile) {
  const support::TempDir folder;
  const auto first = write_charts(folder.path(), two_models().dataset(), {.charts = {"speed_quality"}});
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "speed_quality.svg"));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "speed_quality.png"));
  const auto second = write_charts(folder.path(), Sample{}.dataset(), {.charts = {"speed_quality"}});
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->absent.size(), 1U);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "speed_quality.svg"));
}

}  // namespace
}  // namespace bantam::chart
