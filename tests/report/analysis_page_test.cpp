#include <gtest/gtest.h>

#include "base/text.hpp"
#include "record/sections.hpp"
#include "report/analysis_page.hpp"
#include "report/sample_analysis.hpp"

namespace bantam::report {
namespace {

using table::Format;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(analysis_page, terminal_of_80_columns_splits_wide_tables_and_wraps_lines) {
  EXPECT_EQ(analysis_page(sample_analysis(), Format::table, {80, false}), R"(Speed
Model  Precision            TTFT    Decode tok/s
nano   fp16        100 ms ±1.0 %      500 ±1.0 %
nano   int8               failed          failed
nano   int4       80.0 ms ±1.0 % *    900 ±1.0 % *

Memory and size
Model  Precision  Memory need    Private peak      File    Bits/weight
nano   fp16          5.72 MiB        3.81 MiB  1.91 MiB           16.0
nano   int8            failed          failed  1.01 MiB           8.50
nano   int4          4.29 MiB *      3.81 MiB   488 KiB *         4.00 *

Model  Precision  Parameters
nano   fp16           1.00 M
nano   int8           1.00 M
nano   int4           1.00 M

Accuracy
Model  Precision                qa acc
nano   fp16       0.800 [0.710, 0.870] ~
nano   int4       0.720 [0.630, 0.800] ~

Impact of precision on speed and memory
Model  Versus           Decode speed-up         TTFT speed-up
nano   int8 vs fp16                   –                     –
nano   int4 vs fp16  1.80x [1.76, 1.84] *  1.25x [1.22, 1.28] *

Model  Versus        Memory need ratio    File ratio
nano   int8 vs fp16                  –         0.53x *
nano   int4 vs fp16              0.75x *       0.25x *
nano int8 performance: not compared, int8: failed: SIGILL.

Impact of precision on scores, on the same items
Model  Versus        Task          Difference    Lost/gained  Items      p
nano   int4 vs fp16  qa    -8.0 [-15.1, -1.1] !         10/2    100  0.039

Model  Versus        Task  Detectable
nano   int4 vs fp16  qa           9.7

Not ok
nano int8 performance: failed: SIGILL: the worker died in ggml-cpu

How sure
3 configurations of 1 model. * best, or better than the base; ~ not to be told
  from it; ! worse.
Speed-ups and ratios: this / base, so that more than 1x is faster; 95 %
  intervals of speeds from the rounds in which both were measured side by side.
Intervals of scores (95 %): Wilson's where each item is right or wrong.
Differences: points of 100, Newcombe's paired interval; p: exact McNemar,
  adjusted by Holm for 1 test; detectable: the smallest true difference these
  items would show (80 % power).

In short
nano int8 against fp16: file size 0.53x, speed and memory not compared (int8:
  failed: SIGILL).
nano int4 against fp16: decode speed 1.80x [1.76, 1.84], memory need 0.75x, file
  size 0.25x. Scores: qa worse, -8.0 points [-15.1, -1.1], p = 0.039.
)");
}

TEST(analysis_page, terminal_of_120_columns) {
  EXPECT_EQ(analysis_page(sample_analysis(), Format::table, {120, false}), R"(Speed
Model  Precision            TTFT    Decode tok/s
nano   fp16        100 ms ±1.0 %      500 ±1.0 %
nano   int8               failed          failed
nano   int4       80.0 ms ±1.0 % *    900 ±1.0 % *

Memory and size
Model  Precision  Memory need    Private peak      File    Bits/weight    Parameters
nano   fp16          5.72 MiB        3.81 MiB  1.91 MiB           16.0        1.00 M
nano   int8            failed          failed  1.01 MiB           8.50        1.00 M
nano   int4          4.29 MiB *      3.81 MiB   488 KiB *         4.00 *      1.00 M

Accuracy
Model  Precision                qa acc
nano   fp16       0.800 [0.710, 0.870] ~
nano   int4       0.720 [0.630, 0.800] ~

Impact of precision on speed and memory
Model  Versus           Decode speed-up         TTFT speed-up    Memory need ratio    File ratio
nano   int8 vs fp16                   –                     –                    –         0.53x *
nano   int4 vs fp16  1.80x [1.76, 1.84] *  1.25x [1.22, 1.28] *              0.75x *       0.25x *
nano int8 performance: not compared, int8: failed: SIGILL.

Impact of precision on scores, on the same items
Model  Versus        Task          Difference    Lost/gained  Items      p  Detectable
nano   int4 vs fp16  qa    -8.0 [-15.1, -1.1] !         10/2    100  0.039         9.7

Not ok
nano int8 performance: failed: SIGILL: the worker died in ggml-cpu

How sure
3 configurations of 1 model. * best, or better than the base; ~ not to be told from it; ! worse.
Speed-ups and ratios: this / base, so that more than 1x is faster; 95 % intervals of speeds from the rounds in which
  both were measured side by side.
Intervals of scores (95 %): Wilson's where each item is right or wrong.
Differences: points of 100, Newcombe's paired interval; p: exact McNemar, adjusted by Holm for 1 test; detectable: the
  smallest true difference these items would show (80 % power).

In short
nano int8 against fp16: file size 0.53x, speed and memory not compared (int8: failed: SIGILL).
nano int4 against fp16: decode speed 1.80x [1.76, 1.84], memory need 0.75x, file size 0.25x. Scores: qa worse, -8.0
  points [-15.1, -1.1], p = 0.039.
)");
}

TEST(analysis_page, markdown) {
  EXPECT_EQ(analysis_page(sample_analysis(), Format::md), R"(## Speed

| Model | Precision | TTFT | Decode tok/s |
|---|---|---:|---:|
| nano | fp16 | 100 ms ±1.0 % | 500 ±1.0 % |
| nano | int8 | *failed* | *failed* |
| nano | int4 | **80.0 ms ±1.0 %** | **900 ±1.0 %** |

## Memory and size

| Model | Precision | Memory need | Private peak | File | Bits/weight | Parameters |
|---|---|---:|---:|---:|---:|---:|
| nano | fp16 | 5.72 MiB | 3.81 MiB | 1.91 MiB | 16.0 | 1.00 M |
| nano | int8 | *failed* | *failed* | 1.01 MiB | 8.50 | 1.00 M |
| nano | int4 | **4.29 MiB** | 3.81 MiB | **488 KiB** | **4.00** | 1.00 M |

## Accuracy

| Model | Precision | qa acc |
|---|---|---:|
| nano | fp16 | 0.800 \[0.710, 0.870\] \~ |
| nano | int4 | 0.720 \[0.630, 0.800\] \~ |

## Impact of precision on speed and memory

| Model | Versus | Decode speed-up | TTFT speed-up | Memory need ratio | File ratio |
|---|---|---:|---:|---:|---:|
| nano | int8 vs fp16 | – | – | – | **0.53x** |
| nano | int4 vs fp16 | **1.80x \[1.76, 1.84\]** | **1.25x \[1.22, 1.28\]** | **0.75x** | **0.25x** |

- nano int8 performance: not compared, int8: failed: SIGILL.

## Impact of precision on scores, on the same items

| Model | Versus | Task | Difference | Lost/gained | Items | p | Detectable |
|---|---|---|---:|---:|---:|---:|---:|
| nano | int4 vs fp16 | qa | -8.0 \[-15.1, -1.1\] ! | 10/2 | 100 | 0.039 | 9.7 |

## Not ok

- nano int8 performance: failed: SIGILL: the worker died in ggml-cpu

## How sure

- 3 configurations of 1 model. \* best, or better than the base; \~ not to be told from it; ! worse.
- Speed-ups and ratios: this / base, so that more than 1x is faster; 95 % intervals of speeds from the rounds in which both were measured side by side.
- Intervals of scores (95 %): Wilson's where each item is right or wrong.
- Differences: points of 100, Newcombe's paired interval; p: exact McNemar, adjusted by Holm for 1 test; detectable: the smallest true difference these items would show (80 % power).

## In short

- nano int8 against fp16: file size 0.53x, speed and memory not compared (int8: failed: SIGILL).
- nano int4 against fp16: decode speed 1.80x \[1.76, 1.84\], memory need 0.75x, file size 0.25x. Scores: qa worse, -8.0 points \[-15.1, -1.1\], p = 0.039.
)");
}

TEST(analysis_page, shows_values_with_spread_marks_and_failures_in_their_place) {
  const std::string text = analysis_page(sample_analysis(), Format::table, {100, false});
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

TEST(analysis_page, ends_with_what_the_figures_carry) {
  const std::string text = analysis_page(sample_analysis(), Format::table, {200, false});
  EXPECT_TRUE(
      contains(text,
               "nano int4 against fp16: decode speed 1.80x [1.76, 1.84], memory need 0.75x, file size "
               "0.25x. Scores: qa worse, -8.0 points [-15.1, -1.1], p = 0.039.\n"))
      << text;
  EXPECT_TRUE(
      contains(text,
               "nano int8 against fp16: file size 0.53x, speed and memory not compared (int8: failed: "
               "SIGILL)."));
}

TEST(analysis_page, fits_the_columns_by_splitting_tables_and_repeating_their_keys) {
  const auto wide = sample_analysis_named("a-model-with-a-rather-long-name-Instruct-v0.3-日本語",
                                          "a_task_with_a_long_name");
  for (const std::size_t columns : {60U, 80U, 100U, 120U}) {
    const std::string text = analysis_page(wide, Format::table, {columns, false});
    for (const std::string& line : base::split(text, '\n')) {
      EXPECT_LE(base::display_width(line), columns) << line;
    }
    EXPECT_TRUE(contains(text, "Memory need")) << "no column is lost";
    EXPECT_TRUE(contains(text, "Detectable"));
  }
}

TEST(analysis_page, colours_only_when_asked) {
  EXPECT_FALSE(contains(analysis_page(sample_analysis(), Format::table, {100, false}), "\x1b"));
  EXPECT_TRUE(contains(analysis_page(sample_analysis(), Format::table, {100, true}),
                       "\x1b[1;32m900 ±1.0 % *\x1b[0m"));
}

TEST(analysis_page, control_characters_from_files_never_reach_it) {
  const std::string text = analysis_page(sample_analysis_named("\x1b[31mevil\a",
                                                               "q\x9b"
                                                               "a\n"),
                                         Format::table, {200, false});
  EXPECT_FALSE(contains(text, "\x1b"));
  EXPECT_FALSE(contains(text, "\a"));
  EXPECT_TRUE(contains(text, "\\x1b[31mevil\\x07"));
}

TEST(analysis_page, says_so_when_there_is_nothing) {
  EXPECT_EQ(analysis_page(analyze::Analysis{}, Format::table, {}), "No results.\n");
  EXPECT_EQ(analysis_page(analyze::Analysis{}, Format::md), "No results.\n");
}

TEST(analysis_page, encoders_stand_apart_with_the_length_of_their_sequences) {
  record::Record encoder = support::cell("minilm", "fp16", "performance");
  encoder.metrics["sequence_latency_s"] = support::measured(0.02, 0.0198, 0.0202);
  encoder.metrics["sequences_per_s"] = support::measured(80, 79.2, 80.8);
  encoder.metrics["prompt_tokens"] = support::exact(128);
  encoder.metrics["pss_peak_bytes"] = support::exact(1024.0 * 1024.0 * 90);
  encoder.settings = base::Json{{"performance", {{"batch_size", 8}}}};
  const auto analysis =
      analyze::analyze({support::performance("nano", "fp16", 16, 500, 0.1), encoder}).value();
  const std::string text = analysis_page(analysis, Format::table, {120, false});
  EXPECT_TRUE(contains(text,
                       "Speed of decoders\n"
                       "Model  Precision           TTFT  Decode tok/s\n"
                       "nano   fp16       100 ms ±1.0 %    500 ±1.0 %\n\n"
                       "Speed of encoders\n"
                       "Model   Precision  Sequence, 1 × 128 tok  seq/s, 8 × 128 tok\n"
                       "minilm  fp16              20.0 ms ±1.0 %         80.0 ±1.0 %\n"))
      << text;
  EXPECT_FALSE(contains(text, "No Sequence")) << text;
  EXPECT_TRUE(contains(short_page(analysis, {80, false}),
                       "Memory and speed of encoders\n"
                       "Model   Precision  Memory need  Sequence, 1 × 128 tok"))
      << short_page(analysis, {80, false});
}

record::Record say(const std::string& precision, double empty) {
  record::Record record = support::cell("nano", precision, "say");
  record::TaskFacts facts;
  facts.name = "say";
  facts.metrics = {"rouge1", "bertscore_f1", "exact_match"};
  record::set_tasks(record, {facts});
  record.metrics["rouge1"] = {0.1, record::Interval{0.0, 0.3, 0.95, "student_t"}, 0.1, 4};
  record.metrics["exact_match"] = {0.0, record::Interval{0.0, 0.49, 0.95, "wilson"}, 0.0, 4};
  record.metrics["empty"] = {empty, {}, {}, 4};
  record.absent["bertscore_f1"] = "no embedding model is named";
  record.warnings = {"exact_match is 0 on every item"};
  return record;
}

TEST(analysis_page, every_score_that_is_asked_for_is_shown_or_explained) {
  const auto analysis = analyze::analyze({say("fp16", 0), say("int8", 0), say("int4", 4)}).value();
  const std::string text = analysis_page(analysis, Format::table, {100, false});
  EXPECT_TRUE(contains(text,
                       "Accuracy\n"
                       "Model  Precision                        say rouge1"))
      << "the first that is asked for leads\n"
      << text;
  EXPECT_TRUE(contains(text, "say exact_match")) << text;
  EXPECT_TRUE(contains(text, "No say bertscore_f1: no embedding model is named.")) << text;
  EXPECT_TRUE(contains(text, "0.100 [0.000, 0.300], no answers")) << text;
  EXPECT_TRUE(contains(text, "nano int4 say: not compared, int4: ") ||
              contains(text, "not compared (int4: every answer is empty)"))
      << text;
  EXPECT_TRUE(
      contains(text, "nano fp16 say, nano int8 say and nano int4 say: exact_match is 0 on every item"))
      << text;
  EXPECT_TRUE(contains(text, "Wilson's where each item is right or wrong; Student's for means of other"))
      << text;
}

TEST(short_page, has_the_figures_that_decide_and_what_they_carry) {
  EXPECT_EQ(short_page(sample_analysis(), {80, false}), R"(Memory and speed
Model  Precision  Memory need              TTFT    Decode tok/s
nano   fp16          5.72 MiB     100 ms ±1.0 %      500 ±1.0 %
nano   int8            failed            failed          failed
nano   int4          4.29 MiB *  80.0 ms ±1.0 % *    900 ±1.0 % *

Accuracy
Model  Precision                qa acc
nano   fp16       0.800 [0.710, 0.870] ~
nano   int4       0.720 [0.630, 0.800] ~

Not ok
nano int8 performance: failed: SIGILL: the worker died in ggml-cpu

In short
nano int8 against fp16: file size 0.53x, speed and memory not compared (int8:
  failed: SIGILL).
nano int4 against fp16: decode speed 1.80x [1.76, 1.84], memory need 0.75x, file
  size 0.25x. Scores: qa worse, -8.0 points [-15.1, -1.1], p = 0.039.
)");
  EXPECT_EQ(short_page(analyze::Analysis{}), "");
}

TEST(analysis_page, one_configuration_alone_has_no_winner_and_no_comparison) {
  const auto analysis = analyze::analyze({support::performance("nano", "fp16", 16, 500, 0.1)}).value();
  const std::string text = analysis_page(analysis, Format::table, {100, false});
  EXPECT_TRUE(contains(text, "nano   fp16       100 ms ±1.0 %    500 ±1.0 %\n")) << text;
  EXPECT_TRUE(contains(text, "No Device memory: no accelerator is used.")) << text;
  EXPECT_FALSE(contains(text, "In short"));
}

TEST(analysis_page, markdown_tables_with_the_best_in_bold) {
  const std::string text = analysis_page(sample_analysis(), Format::md);
  EXPECT_TRUE(contains(text,
                       "## Speed\n\n"
                       "| Model | Precision | TTFT | Decode tok/s |\n"
                       "|---|---|---:|---:|\n"
                       "| nano | fp16 | 100 ms ±1.0 % | 500 ±1.0 % |\n"
                       "| nano | int8 | *failed* | *failed* |\n"
                       "| nano | int4 | **80.0 ms ±1.0 %** | **900 ±1.0 %** |\n"))
      << text;
}

TEST(analysis_page, markdown_scores_of_an_encoder_stand_with_its_name) {
  auto records = sample_records();
  for (record::Record& record : records) {
    if (record.task == "qa")
      record.task_info["embedding_model"]["bertscore"]["qa"]["name"] = "bertscore_all-MiniLM-L6-v2_L5";
  }
  const std::string text = analysis_page(analyze::analyze(records, sample_items, "fp16").value(), Format::md);
  EXPECT_TRUE(contains(text, "BERTScore of qa: bertscore")) << text;
  EXPECT_TRUE(contains(text, "L5, not rescaled.")) << text;
  EXPECT_FALSE(contains(analysis_page(sample_analysis(), Format::md), "BERTScore"));
}

TEST(analysis_page, markdown_names_cannot_break_out_of_their_cell) {
  const std::string text = analysis_page(sample_analysis_named("a|b<script>`x`\n[l](u)", "q_a*"), Format::md);
  EXPECT_TRUE(contains(text, "| a\\|b&lt;script&gt;\\`x\\`\\\\x0a\\[l\\](u) | fp16 |")) << text;
  EXPECT_FALSE(contains(text, "<script>"));
  EXPECT_TRUE(contains(text, "q\\_a\\*"));
}

TEST(analysis_page, has_the_lines_about_the_last_audit) {
  const std::vector<std::string> lines{"audit: passed 2026-11-29"};
  EXPECT_TRUE(contains(analysis_page(sample_analysis(), Format::table, {100, false}, lines), lines[0]));
  EXPECT_TRUE(contains(analysis_page(sample_analysis(), Format::md, {}, lines), lines[0]));
  EXPECT_TRUE(contains(short_page(sample_analysis(), {100, false}, lines), lines[0]));
}

}  // namespace
}  // namespace bantam::report
