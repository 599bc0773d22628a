#include "cli/progress.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace bantam::cli {
namespace {

TEST(fitted, a_line_with_room_is_whole) {
  EXPECT_EQ(fitted({"[1/4]", "nano", "fp16 qa", "12/40 items", "0:05  ETA 0:12, all 3:40"}, 79),
            "[1/4] nano fp16 qa  12/40 items  0:05  ETA 0:12, all 3:40");
}

TEST(fitted, the_time_is_never_cut) {
  const ProgressParts parts{"[117/240]", "Qwen2.5-Coder-0.5B-Instruct-abliterated",
                            "Q4_K_M mmlu_high_school_biology", "single_stream warm-up  1/2 runs",
                            "1:02:03  ETA 10:00:00, all over 100:00:00"};
  for (const std::size_t columns : {119U, 79U, 59U, 45U, 41U}) {
    const std::string line = fitted(parts, columns);
    EXPECT_LE(base::display_width(line), columns) << line;
    EXPECT_TRUE(line.ends_with(parts.time)) << line;
  }
  EXPECT_TRUE(fitted(parts, 119).starts_with("[117/240] Qwen2")) << "the name gives way first";
  EXPECT_NE(fitted(parts, 119).find("mmlu_high_school_biology"), std::string::npos);
}

TEST(wrapped, breaks_between_words_and_keeps_what_stands_at_the_start) {
  EXPECT_EQ(wrapped("    warning: one two three", 20), "    warning: one two\n    three");
  EXPECT_EQ(wrapped("[1/1] nano  ok  acc 1.000  (0:01)", 24), "[1/1] nano  ok  acc\n    1.000  (0:01)");
  EXPECT_EQ(wrapped("one two three", 0), "one two three");
  EXPECT_EQ(wrapped("", 10), "");
}

TEST(fitted, notes_have_no_limit) {
  const std::string name(300, 'x');
  EXPECT_EQ(fitted({"[1/1]", name, "fp16 qa", "", ""}, 0), "[1/1] " + name + " fp16 qa");
}

}  // namespace
}  // namespace bantam::cli
