#include <gtest/gtest.h>

#include "base/text.hpp"
#include "report/render.hpp"
#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(terminal, shows_values_with_spread_marks_and_failures_in_their_place) {
  const std::string text = render_terminal(sample_analysis(), {100, false});
  EXPECT_TRUE(contains(text,
                       "Speed\n"
                       "Model  Precision            TTFT    Decode tok/s\n"
                       "nano   fp16        100 ms ±1.0 %      500 ±1.0 %\n"
                       "nano   int8               failed          failed\n"
                       "nano   int4       80.0 ms ±1.0 % *    900 ±1.0 % *\n"))
      << text;
  EXPECT_TRUE(contains(text, "nano int8 performance: failed: SIGILL: the worker died in ggml-cpu"));
  EXPECT_TRUE(contains(text, "0.800 [0.710, 0.870] ~")) << "overlapping intervals share the win";
  EXPECT_TRUE(contains(text, "1.80x [1.76, 1.84] *"));
  EXPECT_TRUE(contains(text, "No Device memory: no accelerator is used.") == false)
      << "int8 has another reason";
}

TEST(terminal, ends_with_what_the_figures_carry) {
  const std::string text = render_terminal(sample_analysis(), {200, false});
  EXPECT_TRUE(
      contains(text,
               "nano int4 against fp16: decode speed 1.80x [1.76, 1.84], peak memory 0.75x, file size "
               "0.25x. Scores: qa worse, -8.0 points [-15.1, -1.1], p = 0.039.\n"))
      << text;
  EXPECT_TRUE(
      contains(text,
               "nano int8 against fp16: file size 0.53x, speed and memory not compared (int8: failed: "
               "SIGILL)."));
}

TEST(terminal, fits_the_columns_by_splitting_tables_and_repeating_their_keys) {
  const auto wide = sample_analysis_named("a-model-with-a-rather-long-name-Instruct-v0.3-日本語",
                                          "a_task_with_a_long_name");
  for (const std::size_t columns : {60U, 80U, 100U, 120U}) {
    const std::string text = render_terminal(wide, {columns, false});
    for (const std::string& line : base::split(text, '\n')) {
      EXPECT_LE(base::display_width(line), columns) << line;
    }
    EXPECT_TRUE(contains(text, "PSS peak")) << "no column is lost";
    EXPECT_TRUE(contains(text, "Detectable"));
  }
}

TEST(terminal, colours_only_when_asked) {
  EXPECT_FALSE(contains(render_terminal(sample_analysis(), {100, false}), "\x1b"));
  EXPECT_TRUE(contains(render_terminal(sample_analysis(), {100, true}), "\x1b[1;32m900 ±1.0 % *\x1b[0m"));
}

TEST(terminal, control_characters_from_files_never_reach_it) {
  const std::string text = render_terminal(sample_analysis_named("\x1b[31mevil\a",
                                                                 "q\x9b"
                                                                 "a\n"),
                                           {200, false});
  EXPECT_FALSE(contains(text, "\x1b"));
  EXPECT_FALSE(contains(text, "\a"));
  EXPECT_TRUE(contains(text, "\\x1b[31mevil\\x07"));
}

TEST(terminal, says_so_when_there_is_nothing) {
  EXPECT_EQ(render_terminal(analyze::Analysis{}, {}), "No results.\n");
  EXPECT_EQ(render_markdown(analyze::Analysis{}), "No results.\n");
}

TEST(terminal, one_configuration_alone_has_no_winner_and_no_comparison) {
  const auto analysis = analyze::analyze({support::performance("nano", "fp16", 16, 500, 0.1)}).value();
  const std::string text = render_terminal(analysis, {100, false});
  EXPECT_TRUE(contains(text, "nano   fp16       100 ms ±1.0 %    500 ±1.0 %\n")) << text;
  EXPECT_TRUE(contains(text, "No Device memory: no accelerator is used.")) << text;
  EXPECT_FALSE(contains(text, "In short"));
}

}  // namespace
}  // namespace bantam::report
